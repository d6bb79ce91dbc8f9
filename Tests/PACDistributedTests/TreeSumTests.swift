import PACTensors
import Testing

@testable import PACDistributed

/// The definition, written down directly: the sum of a node is that of its left child, plus that of
/// its right one if there are leaves below it.
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

  private func buffer(_ values: [Float]) -> FlatBuffer {
    let buffer = FlatBuffer(count: values.count)
    for (i, value) in values.enumerated() { buffer.base[i] = value }
    return buffer
  }

  private func values(_ buffer: FlatBuffer) -> [Float] {
    Array(UnsafeBufferPointer(start: buffer.base, count: buffer.count))
  }

  private func sum(_ leaves: [[Float]], _ range: Range<Int>) -> TreeSum {
    var sum = TreeSum(count: leaves.first?.count ?? 0, range: range)
    for position in range {
      sum.push(buffer(leaves[position]))
      // In two parts, the later one first.
      sum.add(1..<sum.count)
      sum.add(0..<1)
    }
    return sum
  }

  /// Adds the summands as told, and returns the total's bits.
  private func total(_ summands: [[Float]], _ additions: TreeAdditions) -> [UInt32]? {
    var summands = summands
    for step in additions.steps {
      summands[step.target] = zip(summands[step.target], summands[step.source]).map { $0 + $1 }
    }
    return additions.total.map { summands[$0].map(\.bitPattern) }
  }

  @Test(arguments: 1...20)
  func everySplitGivesTheBitsOfTheDefinition(batch: Int) {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(state: seed)
    let leaves = randomLeaves(batch, count: 3, &random)
    let expected = directSum(leaves).map(\.bitPattern)
    for ranges in splits(of: batch) {
      var nodes: [TreeNode] = []
      var summands: [[Float]] = []
      var owns: [Range<Int>] = []
      for range in ranges {
        let sum = sum(leaves, range)
        #expect(sum.nodes == TreeNode.nodes(covering: range), "\(range), seed \(seed)")
        owns.append(nodes.count..<nodes.count + sum.nodes.count)
        nodes += sum.nodes
        summands += sum.sums.map(values)
      }
      for own in owns {
        let additions = TreeAdditions(nodes, favouring: own)
        #expect(
          total(summands, additions) == expected, "batch \(batch), \(ranges), seed \(seed)")
        let isOwn = additions.total.map(own.contains) ?? false
        #expect(isOwn != own.isEmpty, "the total is to lie where it is wanted")
      }
    }
  }

  @Test func theOrderMatters() {
    // Were the leaves added from left to right, the ones would be lost one by one.
    let big = Float(1 << 24)
    let sum = sum([[big, 0], [0, 0], [1, 0], [1, 0]], 0..<4)
    #expect(sum.sums.map(values) == [[big + 2, 0]])
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
    var spares: [FlatBuffer] = []
    var made = 0
    for position in 0..<1000 {
      spares += sum.takeSpares()
      if spares.isEmpty { made += 1 }
      let leaf = spares.popLast() ?? FlatBuffer(count: 2)
      leaf.base[0] = Float(position)
      leaf.base[1] = 1
      sum.push(leaf)
      sum.add(0..<2)
    }
    #expect(made <= 11, "vectors that were added serve again")
    let additions = TreeAdditions(sum.nodes, favouring: 0..<0)
    #expect(
      total(sum.sums.map(values), additions) == [499_500, 1000].map { Float($0).bitPattern })
  }
}
