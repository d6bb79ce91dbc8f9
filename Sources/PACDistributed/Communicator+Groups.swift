import CPACMPI
import Glibc

/// What measurements need: some of the ranks at work while the others rest.
extension Communicator {
  /// The first `size` ranks as a job of their own; all ranks call it together.
  /// - Returns: nil on ranks that are not among them; `finish()` must follow on the others.
  /// - Throws: `DistributedError` if MPI reports an error.
  package func group(ofFirst size: Int) throws -> Communicator? {
    guard let world = try world() else { return size > 0 ? Communicator.alone() : nil }
    let isMember = rank < size
    var group: MPI_Comm?
    try check(
      MPI_Comm_split(world, isMember ? 0 : pac_mpi_undefined(), Int32(rank), &group),
      "MPI_Comm_split")
    guard isMember else { return nil }
    var background: MPI_Comm?
    try check(MPI_Comm_dup(group, &background), "MPI_Comm_dup")
    return Communicator(
      world: group, background: background, rank: rank, worldSize: size,
      ranksOnNode: ranksOnNode.filter { $0 < size }, largestMessage: largestMessage, partOf: self)
  }

  /// A world of one, whatever the job's size: what it is asked to exchange stays here.
  package static func alone() -> Communicator {
    Communicator(
      world: nil, background: nil, rank: 0, worldSize: 1, ranksOnNode: [0],
      largestMessage: 1 << 30)
  }

  /// As `barrier()`, but leaves the core to others while it waits.
  /// - Throws: `DistributedError` if MPI reports an error.
  package func restUntilAllArrive() throws {
    guard let world = try world() else { return }
    let operation = PendingOperation(on: self) {
      try $0.add("MPI_Ibarrier") { MPI_Ibarrier(world, $0) }
    }
    operation.begin()
    while try !operation.test() { usleep(2000) }
  }

  /// Adds up all ranks' elements in place by one call of MPI, in the order it chooses: what others are compared with.
  /// - Throws: `DistributedError` if MPI reports an error.
  package func addUpByMPI(_ elements: UnsafeMutableBufferPointer<Float>) throws {
    guard let world = try world() else { return }
    try check(
      MPI_Allreduce(
        pac_mpi_in_place(), elements.baseAddress, Int32(elements.count), pac_mpi_float(),
        pac_mpi_sum(), world), "MPI_Allreduce")
  }
}
