import PACKernels
import PACTensors

/// Adds samples and ranks along the fixed tree over positions: a reduce-scatter in which each rank
/// adds the segments it owns.
struct RepeatableSum: GradientSum {
  private let layout: SegmentLayout
  private let pool: BufferPool
  private let rank: Int
  private var sum: TreeSum
  /// The number of nodes of each rank.
  private let nodeCounts: [Int]
  /// The number of nodes of the ranks before each rank; the last entry is the total.
  private let firstNode: [Int]
  private let additions: TreeAdditions
  /// The buffer of the totals if this rank has no node of its own for them.
  private var home: FlatBuffer?

  /// Starts a sum over the ranks' positions `ranges`.
  init(ranges: [Range<Int>], rank: Int, layout: SegmentLayout, pool: BufferPool) {
    precondition(
      zip([0..<0] + ranges, ranges).allSatisfy { $0.upperBound == $1.lowerBound },
      "the ranges \(ranges) do not follow each other from 0")
    self.layout = layout
    self.pool = pool
    self.rank = rank
    sum = TreeSum(count: layout.count, range: ranges[rank])
    let nodes = ranges.map(TreeNode.nodes(covering:))
    nodeCounts = nodes.map(\.count)
    var first = [0]
    for count in nodeCounts { first.append(first[first.count - 1] + count) }
    firstNode = first
    additions = TreeAdditions(nodes.flatMap { $0 }, favouring: first[rank]..<first[rank + 1])
  }

  // MARK: - This rank's samples

  var isShort: Bool { sum.pushed < sum.range.count }

  mutating func beginSample() -> FlatBuffer {
    pool.put(sum.takeSpares())
    let leaf = pool.takeZeros()
    sum.push(leaf)
    return leaf
  }

  func complete(_ part: Range<Int>) { sum.add(part) }

  mutating func endSamples() { if ownNodes.isEmpty { home = pool.takeZeros() } }

  var total: FlatBuffer? {
    guard let node = additions.total, ownNodes.contains(node) else { return home }
    return sum.sums[node - ownNodes.lowerBound]
  }

  mutating func release() {
    pool.put(sum.takeSpares() + sum.sums + (home.map { [$0] } ?? []))
    home = nil
    sum = TreeSum(count: layout.count, range: 0..<0)
  }

  // MARK: - Between ranks

  /// The indices of this rank's nodes among those of all ranks.
  private var ownNodes: Range<Int> { firstNode[rank]..<firstNode[rank + 1] }

  private var allNodes: Int { firstNode[firstNode.count - 1] }

  private func segment(_ bucket: Int) -> Range<Int> {
    layout.segment(bucket: bucket, owner: layout.owners == 1 ? 0 : rank)
  }

  func receivedCount(bucket: Int) -> Int {
    (allNodes - ownNodes.count) * segment(bucket).count
  }

  /// The all-to-alls of the reduce-scatter: in round k each rank sends the segments of its k-th
  /// node to their owners.
  ///
  /// This sends every node directly from its buffer, without packing.
  func reduce(
    _ bucket: Int, into received: FlatBuffer, on ranks: MPICommunicator
  ) -> PendingOperation {
    PendingOperation(on: ranks, length: layout.bucket(bucket).count) {
      try addRounds(of: bucket, into: received, to: $0)
    }
  }

  private func addRounds(
    of bucket: Int, into received: FlatBuffer, to operation: PendingOperation
  ) throws {
    let start = layout.bucket(bucket).lowerBound
    let segments = layout.segmentsWithin(bucket: bucket)
    for round in 0..<(nodeCounts.max() ?? 0) {
      let sends = round < nodeCounts[rank]
      let sendCounts = segments.indices.map { sends && $0 != rank ? segments[$0].count : 0 }
      let awaited = nodeCounts.indices.map { $0 != rank && round < nodeCounts[$0] }
      let places = nodeCounts.indices.map {
        awaited[$0] ? place(ofNode: firstNode[$0] + round) * segments[rank].count : 0
      }
      try operation.addAllToAll(
        from: sends ? sum.sums[round].base + start : nil,
        (operation.keep(sendCounts), operation.keep(segments.map(\.lowerBound))),
        into: received.base,
        (operation.keep(awaited.map { $0 ? segments[rank].count : 0 }), operation.keep(places)))
    }
  }

  /// The index of another rank's node among all such nodes, in the order in which they are
  /// received.
  private func place(ofNode node: Int) -> Int {
    node < ownNodes.lowerBound ? node : node - ownNodes.count
  }

  func conclude(_ bucket: Int, received: FlatBuffer?) {
    let segment = segment(bucket)
    func summand(_ node: Int) -> UnsafeMutablePointer<Float> {
      if ownNodes.contains(node) {
        return sum.sums[node - ownNodes.lowerBound].base + segment.lowerBound
      }
      guard let received else { preconditionFailure("node \(node) was not received") }
      return received.base + place(ofNode: node) * segment.count
    }
    accumulate(
      additions.steps.map { VectorAddition(summand($0.source), into: summand($0.target)) },
      count: segment.count)
    if let home, let node = additions.total {
      (home.base + segment.lowerBound).update(from: summand(node), count: segment.count)
    }
  }
}
