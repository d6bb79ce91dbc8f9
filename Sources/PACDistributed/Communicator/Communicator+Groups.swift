import CPACMPI
import Glibc

/// What measurements need: some of the ranks at work while the others rest, and MPI's own
/// all-reduce.
extension Communicator {
  /// The first `size` ranks as a job of their own; all ranks call it together.
  /// - Returns: nil on ranks that are not among them; `finish()` must follow on the others.
  /// - Throws: `DistributedError` if MPI reports an error.
  package func group(ofFirst size: Int) throws -> Communicator? {
    guard let world = try world() else { return size > 0 ? Communicator.alone() : nil }
    guard let group = try world.first(size) else { return nil }
    return Communicator(
      world: group, background: try group.duplicated(), worldSize: size,
      ranksOnNode: ranksOnNode.filter { $0 < size }, largestMessage: largestMessage, partOf: self)
  }

  /// As `barrier()`, but leaves the core to others while it waits.
  /// - Throws: `DistributedError` if MPI reports an error.
  package func restUntilAllArrive() throws {
    guard let world = try world() else { return }
    let barrier = PendingOperation.barrier(on: world)
    barrier.begin()
    while try !barrier.test() { usleep(2000) }
  }

  /// Adds up all ranks' elements in place by one call of MPI, in the order it chooses: what others
  /// are compared with.
  /// - Throws: `DistributedError` if MPI reports an error.
  package func allReduce(_ elements: UnsafeMutableBufferPointer<Float>) throws {
    guard let world = try world() else { return }
    try world.check(
      MPI_Allreduce(
        pac_mpi_in_place(), elements.baseAddress, Int32(elements.count), pac_mpi_float(),
        pac_mpi_sum(), world.handle), "MPI_Allreduce")
  }
}
