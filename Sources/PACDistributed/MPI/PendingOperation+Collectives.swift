import CPACMPI

extension PendingOperation {
  /// A barrier.
  static func barrier(on ranks: MPICommunicator) -> PendingOperation {
    PendingOperation(on: ranks) { try $0.add("MPI_Ibarrier") { MPI_Ibarrier($0, $1) } }
  }

  /// All-reduces `elements` in place, in an order that MPI chooses.
  static func allReduce(
    _ elements: UnsafeMutableBufferPointer<Float>, on ranks: MPICommunicator
  ) -> PendingOperation {
    PendingOperation(on: ranks, length: elements.count) { operation in
      try operation.add("MPI_Iallreduce") {
        MPI_Iallreduce(
          pac_mpi_in_place(), elements.baseAddress, Int32(elements.count), pac_mpi_float(),
          pac_mpi_sum(), $0, $1)
      }
    }
  }

  /// All-gathers the ranks' segments of `elements` in place; the segments, rank by rank, are ranges
  /// of `elements`.
  static func allGather(
    _ elements: UnsafeMutableBufferPointer<Float>, segments: [Range<Int>],
    on ranks: MPICommunicator
  ) -> PendingOperation {
    PendingOperation(on: ranks, length: elements.count) { operation in
      let counts = operation.keep(segments.map(\.count))
      let starts = operation.keep(segments.map(\.lowerBound))
      try operation.add("MPI_Iallgatherv") {
        MPI_Iallgatherv(
          pac_mpi_in_place(), 0, pac_mpi_float(), elements.baseAddress, counts, starts,
          pac_mpi_float(), $0, $1)
      }
    }
  }

  /// Counts and displacements per rank, as `keep(_:)` returns them.
  typealias Places = (counts: UnsafePointer<Int32>, starts: UnsafePointer<Int32>)

  /// Adds an all-to-all: sends each rank a part of `outgoing` and receives a part of `incoming`
  /// from each.
  func addAllToAll(
    from outgoing: UnsafePointer<Float>?, _ sent: Places,
    into incoming: UnsafeMutablePointer<Float>, _ awaited: Places
  ) throws {
    try add("MPI_Ialltoallv") {
      MPI_Ialltoallv(
        outgoing, sent.counts, sent.starts, pac_mpi_float(), incoming, awaited.counts,
        awaited.starts, pac_mpi_float(), $0, $1)
    }
  }
}
