import Glibc
import PACTestSupport
import Testing

@testable import PACKernels

@Suite struct KeptBlocksTests {
  private let blocks = KeptBlocks()
  private let page = sysconf(Int32(_SC_PAGESIZE))

  private func take(pages: Int) throws -> KeptBlocks.Block {
    let block = try #require(blocks.take(pages * page))
    // It can be written, to the last byte.
    block.start.initializeMemory(as: UInt8.self, repeating: 7, count: block.size)
    return block
  }

  @Test func theSameSizesComeBack() throws {
    let first = try [90, 40, 60].map { try take(pages: $0) }
    for block in first { blocks.give(block) }
    #expect(blocks.bytes == (190 * page, 0))
    let second = try [60, 90, 40].map { try take(pages: $0) }
    #expect(second == [first[2], first[0], first[1]])
    #expect(blocks.bytes == (0, 190 * page))
  }

  @Test func sizesAreWholePages() throws {
    #expect(try #require(blocks.take(1)).size == page)
    #expect(try #require(blocks.take(page + 1)).size == 2 * page)
  }

  /// The rest of a block that is a little too large is given back to the system.
  @Test func blocksAreCut() throws {
    let block = try take(pages: 45)
    blocks.give(block)
    let smaller = try take(pages: 40)
    #expect(smaller.start == block.start && smaller.size == 40 * page)
    #expect(blocks.bytes == (0, 40 * page))
    blocks.give(smaller)
    // But not one that is much too large.
    #expect(try take(pages: 20).start != block.start)
  }

  @Test func whatIsKeptDoesNotRaiseThePeak() throws {
    var used: [KeptBlocks.Block] = []
    var generator = SystemRandomNumberGenerator()
    let seed = UInt64.random(in: 0..<1 << 32, using: &generator)
    print("kept blocks, seed \(seed)")
    var random = SeededGenerator(seed: seed)
    var peak = 0
    for _ in 0..<2000 {
      if used.isEmpty || Bool.random(using: &random) {
        used.append(try #require(blocks.take(Int.random(in: 1...200, using: &random) * page)))
      } else {
        blocks.give(used.remove(at: Int.random(in: used.indices, using: &random)))
      }
      let bytes = blocks.bytes
      #expect(bytes.used == used.reduce(0) { $0 + $1.size })
      peak = max(peak, bytes.used)
      #expect(bytes.used + bytes.kept <= peak)
    }
    #expect(Set(used.map(\.start)).count == used.count)
  }

  @Test func releasedBlocksAreGone() throws {
    blocks.give(try take(pages: 30))
    #expect(blocks.release())
    #expect(blocks.bytes == (0, 0))
    #expect(!blocks.release())
  }

  /// A step of a training: the second pass over the same sizes takes no pages of the system.
  @Test func tensorsOfTheSameSizesTakeNoNewPages() {
    func pass() -> Int {
      let before = faults()
      for count in [9 << 20, 12 << 20, 9 << 20] {
        let memory = AlignedMemory(count: count)
        memory.base.update(repeating: 1, count: count)
        memory.deallocate()
      }
      return faults() - before
    }
    _ = pass()
    #expect(pass() < 100)
  }

  private func faults() -> Int {
    var usage = rusage()
    // RUSAGE_THREAD, which Swift does not import: other tests run beside this one.
    getrusage(__rusage_who_t(1), &usage)
    return usage.ru_minflt
  }
}
