import CMPI
import Tensors

extension Communicator {
  /// Adds up all ranks' vectors along the fixed tree; every rank gets the total, the same bits for any ranges.
  ///
  /// The vector is cut into one segment a rank. Each rank receives all ranks' node sums of its segment, adds
  /// them in the tree's order and sends the result to all. With ranges that are aligned powers of two a
  /// rank has one node and the traffic is that of an ordinary ring all-reduce, 2 · count floats; otherwise
  /// it has up to 2 · log₂ B.
  /// - Parameters:
  ///   - sum: this rank's vectors, all of them added.
  ///   - ranges: every rank's positions, in rank order; together they are `0..<B`. Some may be empty.
  /// - Returns: the total, `[count]`; zeros if B = 0.
  /// - Precondition: every rank passes the same `ranges` and the same count.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func allReduce(_ sum: consuming TreeSum, ranges: [Range<Int>]) throws -> Tensor {
    precondition(ranges.count == worldSize, "\(ranges.count) ranges for \(worldSize) ranks")
    precondition(
      ranges[rank] == sum.range, "rank \(rank) has \(sum.range) instead of \(ranges[rank])")
    precondition(sum.added == sum.range.count, "\(sum.added) vectors for positions \(sum.range)")
    precondition(
      zip([0..<0] + ranges, ranges).allSatisfy { $0.upperBound == $1.lowerBound },
      "the ranges \(ranges) do not follow each other from 0")

    let count = sum.count
    let partial = sum.partial
    _ = consume sum  // the sums must have one owner, to be added in place
    guard worldSize > 1 else { return partial.total() ?? .zeros([count]) }
    let segments = (0..<worldSize).map {
      count * $0 / worldSize..<count * ($0 + 1) / worldSize
    }
    let segment = try reduceScatter(partial, ranges, segments)
    return try allGather(segment, segments)
  }

  /// The total of this rank's segment.
  ///
  /// In round k each rank sends to the k-th rank after it and receives from the k-th before it, one node at
  /// a time; all take the rounds in the same order, so that every message meets its receiver.
  private func reduceScatter(
    _ partial: PartialSums, _ ranges: [Range<Int>], _ segments: [Range<Int>]
  ) throws -> Tensor {
    let shape: Shape = [segments[rank].count]
    let nodes = ranges.map(TreeNode.nodes(covering:))
    var received = nodes.map { $0.map { _ in Tensor?.none } }
    for round in 0..<worldSize {
      let target = (rank + round) % worldSize
      let source = (rank - round + worldSize) % worldSize
      for node in 0..<max(nodes[rank].count, nodes[source].count) {
        let outgoing = node < nodes[rank].count ? partial.values[node] : .zeros([0])
        let part = node < nodes[rank].count ? segments[target] : 0..<0
        let incoming = node < nodes[source].count ? shape : [0]
        let value = try outgoing.withUnsafeBufferPointer { outgoing in
          try Tensor(incoming) {
            try exchange(
              UnsafeBufferPointer(rebasing: outgoing[part]), to: target, $0, from: source)
          }
        }
        if node < nodes[source].count { received[source][node] = value }
      }
    }
    var sums = PartialSums()
    for source in 0..<worldSize {
      for node in nodes[source].indices {
        // Taken out of the array, so that the addition finds a single owner and works in place.
        guard let value = received[source][node].take() else { continue }
        sums.push(nodes[source][node], value)
      }
    }
    return sums.total() ?? .zeros(shape)
  }

  /// Joins the ranks' segments.
  private func allGather(_ segment: Tensor, _ segments: [Range<Int>]) throws -> Tensor {
    try Tensor([segments.last?.upperBound ?? 0]) { whole in
      for round in 0..<worldSize {
        let target = (rank + round) % worldSize
        let source = (rank - round + worldSize) % worldSize
        let incoming = UnsafeMutableBufferPointer(rebasing: whole[segments[source]])
        try segment.withUnsafeBufferPointer {
          try exchange($0, to: target, incoming, from: source)
        }
      }
    }
  }

  /// Sends `outgoing` to one rank and fills `incoming` from another; both may be this one.
  private func exchange(
    _ outgoing: UnsafeBufferPointer<Float>, to target: Int,
    _ incoming: UnsafeMutableBufferPointer<Float>, from source: Int
  ) throws {
    if target == rank {
      _ = incoming.update(fromContentsOf: outgoing)
      return
    }
    for start in stride(from: 0, to: max(outgoing.count, incoming.count), by: largestMessage) {
      // The two buffers may differ in length: the one that is used up takes part no more.
      let sent = min(max(outgoing.count - start, 0), largestMessage)
      let awaited = min(max(incoming.count - start, 0), largestMessage)
      try check(
        MPI_Sendrecv(
          sent > 0 ? outgoing.baseAddress?.advanced(by: start) : nil, Int32(sent), pac_mpi_float(),
          sent > 0 ? Int32(target) : pac_mpi_proc_null(), 0,
          awaited > 0 ? incoming.baseAddress?.advanced(by: start) : nil, Int32(awaited),
          pac_mpi_float(), awaited > 0 ? Int32(source) : pac_mpi_proc_null(), 0, world,
          pac_mpi_status_ignore()),
        "MPI_Sendrecv")
    }
  }
}
