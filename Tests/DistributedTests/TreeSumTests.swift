import Tensors
import Testing

@testable import Distributed

/// The definition, written down directly: the sum of a node is that of its left child, plus that of its
/// right one if there are leaves below it.
private func directSum(_ leaves: [[Float]], level: Int, index: Int) -> [Float] {
  if level == 0 { return leaves[index] }
  let left = directSum(leaves, level: level - 1, index: 2 * index)
  guard (2 * index + 1) << (level - 1) < leaves.count else { return left }
  return zip(left, directSum(leaves, level: level - 1, index: 2 * index + 1)).map { $0 + $1 }
}

private func directSum(_ leaves: [[Float]]) -> [Float] {
  var level = 0
  while 1 << level < leaves.count { level += 1 }
  return directSum(leaves, level: level, index: 0)
}

private func randomLeaves(_ batch: Int, count: Int, _ random: inout some RandomNumberGenerator)
  -> [[Float]]
{
  (0..<batch).map { _ in
    (0..<count).map { _ in
      Float(
        sign: Bool.random(using: &random) ? .plus : .minus,
        exponent: Int.random(in: -30...30, using: &random),
        significand: Float.random(in: 1..<2, using: &random))
    }
  }
}

/// SplitMix64, to repeat a failing case from its printed seed.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct TreeSumTests {
  /// All ways to share out `batch` positions over four ranks, empty shares included.
  private func splits(of batch: Int) -> [[Range<Int>]] {
    (0...batch).flatMap { a in
      (a...batch).flatMap { b in
        (b...batch).map { c in [0..<a, a..<b, b..<c, c..<batch] }
      }
    }
  }

  @Test(arguments: 1...20)
  func everySplitGivesTheBitsOfTheDefinition(batch: Int) {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(state: seed)
    let leaves = randomLeaves(batch, count: 3, &random)
    let expected = directSum(leaves).map(\.bitPattern)
    for ranges in splits(of: batch) {
      var all = PartialSums()
      for range in ranges {
        var sum = TreeSum(count: 3, range: range)
        for position in range {
          var buffer = sum.zeroedBuffer()
          buffer.add(Tensor([3], leaves[position]))
          sum.add(buffer)
        }
        #expect(sum.partial.nodes == TreeNode.nodes(covering: range), "\(range), seed \(seed)")
        for (node, value) in zip(sum.partial.nodes, sum.partial.values) { all.push(node, value) }
      }
      let total = all.total()
      #expect(
        total?.elements.map(\.bitPattern) == expected, "batch \(batch), \(ranges), seed \(seed)")
    }
  }

  @Test func theOrderMatters() {
    // Were the leaves added from left to right, the ones would be lost one by one.
    let big = Float(1 << 24)
    var sum = TreeSum(count: 1, range: 0..<4)
    for value in [big, 0, 1, 1] { sum.add(Tensor([1], [value])) }
    #expect(sum.partial.total()?.elements == [big + 2])
  }

  @Test(arguments: [0..<0, 5..<5, 0..<1, 0..<1000, 3..<1021, 511..<513, 1..<64])
  func nodesTileTheRange(range: Range<Int>) {
    let nodes = TreeNode.nodes(covering: range)
    var position = range.lowerBound
    for node in nodes {
      #expect(node.index << node.level == position)
      position += 1 << node.level
    }
    #expect(position == range.upperBound)
    for (left, right) in zip(nodes, nodes.dropFirst()) { #expect(!left.isLeftSibling(of: right)) }
    #expect(nodes.count <= 2 * (Int.bitWidth - range.count.leadingZeroBitCount))
  }

  @Test func keepsFewBuffers() {
    var sum = TreeSum(count: 2, range: 0..<1000)
    for position in 0..<1000 {
      sum.add(Tensor([2], [Float(position), 1]))
      #expect(sum.partial.values.count <= 10)
    }
    #expect(sum.partial.total()?.elements == [499_500, 1000])
  }

  @Test func leavesTheCallersVectorsAlone() {
    let kept = Tensor([2], [1, 2])
    var sum = TreeSum(count: 2, range: 0..<2)
    sum.add(kept)
    sum.add(Tensor([2], [10, 20]))
    #expect(sum.partial.total()?.elements == [11, 22])
    #expect(kept.elements == [1, 2])
    #expect(sum.zeroedBuffer().elements == [0, 0])
  }
}
