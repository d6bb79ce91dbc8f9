import Glibc
import Synchronization

/// Large blocks of memory, which are kept when they are freed and handed out again.
///
/// glibc maps blocks of 32 MiB and more one by one and unmaps them when they are freed, so that the
/// system clears their pages again in each step. The steps of a training ask for the same sizes, one
/// step after another: after the first one nothing is mapped or cleared any more.
///
/// What is kept does not raise the peak: kept and used bytes together never exceed the most bytes
/// that were in use at a time. Where a new block would, those kept the longest are unmapped. So sizes
/// that do not come back, as with images of a thousand sizes, do not pile up.
///
/// One instance serves the process, as its heap does ([decision 3](docs/decisions/0003-process-environment.md)).
package final class KeptBlocks: Sendable {
  /// The blocks of this process.
  package static let shared = KeptBlocks()

  /// The fewest bytes of a block; smaller ones are the heap's, which keeps them, too.
  static let smallest = 32 << 20

  /// A mapped block.
  struct Block: @unchecked Sendable, Equatable {
    let start: UnsafeMutableRawPointer
    /// Whole pages.
    let size: Int
  }

  fileprivate struct State {
    /// Those kept the longest first.
    var kept: [Block] = []
    var keptBytes = 0
    var usedBytes = 0
    /// The most bytes in use at a time since the last release.
    var peak = 0
  }

  private let state = Mutex(State())

  init() {}

  /// A block of at least `bytes`, not initialised; nil if the system has no memory.
  func take(_ bytes: Int) -> Block? {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let size = (bytes + page - 1) / page * page
    return state.withLock { state in
      guard let block = state.reuse(size) ?? state.map(size) else { return nil }
      state.usedBytes += size
      state.peak = max(state.peak, state.usedBytes)
      return block
    }
  }

  /// Takes a block back.
  func give(_ block: Block) {
    state.withLock { state in
      state.usedBytes -= block.size
      state.kept.append(block)
      state.keptBytes += block.size
    }
  }

  /// Unmaps what is kept, for example before the program goes on with other sizes.
  /// - Returns: whether there was anything.
  @discardableResult
  package func release() -> Bool {
    state.withLock { state in
      defer { state.peak = state.usedBytes }
      guard !state.kept.isEmpty else { return false }
      state.unmap(downTo: 0)
      return true
    }
  }

  /// The bytes that are kept, and those that are in use.
  var bytes: (kept: Int, used: Int) { state.withLock { ($0.keptBytes, $0.usedBytes) } }
}

extension KeptBlocks.State {
  /// The kept block that fits best, cut to the size; nil if all are smaller, or so much larger that
  /// they will be wanted as they are.
  fileprivate mutating func reuse(_ size: Int) -> KeptBlocks.Block? {
    let fitting = kept.indices.filter { size...(size + size / 8) ~= kept[$0].size }
    guard let index = fitting.min(by: { kept[$0].size < kept[$1].size }) else { return nil }
    let block = kept.remove(at: index)
    keptBytes -= block.size
    if block.size > size { munmap(block.start + size, block.size - size) }
    return KeptBlocks.Block(start: block.start, size: size)
  }

  /// A new block, for which kept ones may have to go.
  fileprivate mutating func map(_ size: Int) -> KeptBlocks.Block? {
    unmap(downTo: max(0, peak - usedBytes - size))
    if let block = Self.map(size) { return block }
    unmap(downTo: 0)
    return Self.map(size)
  }

  /// Unmaps kept blocks, the oldest first, until at most `bytes` are kept.
  fileprivate mutating func unmap(downTo bytes: Int) {
    var count = 0
    while keptBytes > bytes {
      munmap(kept[count].start, kept[count].size)
      keptBytes -= kept[count].size
      count += 1
    }
    kept.removeFirst(count)
  }

  private static func map(_ size: Int) -> KeptBlocks.Block? {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let start = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0), start != MAP_FAILED
    else { return nil }
    // Larger pages where the system gives them to those who ask; as good without.
    madvise(start, size, Int32(MADV_HUGEPAGE))
    return KeptBlocks.Block(start: start, size: size)
  }
}
