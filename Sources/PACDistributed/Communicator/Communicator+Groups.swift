import CPACMPI
import Glibc

/// For benchmarks: a group of ranks that works while the others rest, and MPI's own all-reduce.
extension Communicator {
  /// Makes a communicator of the first `size` ranks; all ranks call it together.
  /// - Returns: nil on ranks that are not among them; `finish()` must follow on the others.
  /// - Throws: `DistributedError` if MPI reports an error.
  package func group(ofFirst size: Int) throws -> Communicator? {
    guard let world = try world() else { return size > 0 ? Communicator.alone() : nil }
    guard let group = try world.first(size) else { return nil }
    return Communicator(
      world: group, background: try group.duplicated(), worldSize: size,
      ranksOnNode: ranksOnNode.filter { $0 < size }, largestMessage: largestMessage, partOf: self)
  }

  /// Like `barrier()`, but does not occupy a core while it waits.
  /// - Throws: `DistributedError` if MPI reports an error.
  package func restUntilAllArrive() throws {
    guard let world = try world() else { return }
    let barrier = PendingOperation.barrier(on: world)
    barrier.begin()
    while try !barrier.test() { usleep(2000) }
  }

  /// Sums all ranks' elements in place by one MPI call, in MPI's order: the baseline of
  /// comparisons.
  /// - Throws: `DistributedError` if MPI reports an error.
  package func allReduce(_ elements: UnsafeMutableBufferPointer<Float>) throws {
    guard let world = try world() else { return }
    try world.check(
      MPI_Allreduce(
        pac_mpi_in_place(), elements.baseAddress, Int32(elements.count), pac_mpi_float(),
        pac_mpi_sum(), world.handle), "MPI_Allreduce")
  }
}
