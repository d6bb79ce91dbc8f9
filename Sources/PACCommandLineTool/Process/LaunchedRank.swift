import CPACPlatform
import Foundation
import PACDistributed
import PACFiles

/// What a rank checks before it calls MPI, which does not survive it otherwise.
enum LaunchedRank {
  /// The address space that MPI_Init takes; Open MPI 4.1 took 290 MB on one host.
  private static let memory = 320 << 20
  /// What Open MPI writes for each rank into the shared memory of a host.
  private static let segment = 4 << 20

  /// Checks the limits, and removes what killed jobs of this user left on this host.
  /// - Throws: one line; ranks other than 0 throw later, so that a launcher has ended them if
  ///   rank 0 has failed, too.
  static func prepare() throws {
    guard Communicator.isLaunched else { return }
    do {
      try MemoryLimit.require(
        memory, for: "MPI", of: [.addressSpace, .data], advice: "run it without mpirun")
      try raiseOpenFiles(ranks: number("OMPI_COMM_WORLD_SIZE") ?? number("PMI_SIZE") ?? 1)
      try checkTemporaryFolder()
      guard number("OMPI_COMM_WORLD_LOCAL_RANK") ?? 0 == 0 else { return }
      JobLeftovers.remove()
      try checkSharedMemory(ranks: number("OMPI_COMM_WORLD_LOCAL_SIZE") ?? 1)
    } catch {
      if Communicator.launchedRank > 0 { sleep(4) }
      throw error
    }
  }

  /// Raises the soft limit of open files to what the ranks need at most: the watch and Open MPI
  /// keep connections to every other rank.
  private static func raiseOpenFiles(ranks: Int) throws {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return }
    let (least, wanted) = (rlim_t(ranks + 64), rlim_t(4 * ranks + 256))
    guard limit.rlim_max >= least else {
      throw ProcessSetupError.tooFewFiles(
        allowed: Int(limit.rlim_max), needed: Int(least), ranks: ranks)
    }
    guard limit.rlim_cur < wanted else { return }
    limit.rlim_cur = min(wanted, limit.rlim_max)
    setrlimit(resource, &limit)
  }

  private static func checkTemporaryFolder() throws {
    guard let folder = getenv("TMPDIR").map({ String(cString: $0) }), !folder.isEmpty,
      access(folder, W_OK | X_OK) != 0
    else { return }
    throw ProcessSetupError.noTemporaryFolder(folder)
  }

  /// Open MPI maps its segments without reserving their memory, and dies of SIGBUS later if there
  /// is none.
  private static func checkSharedMemory(ranks: Int) throws {
    let folder =
      getenv("OMPI_MCA_btl_vader_backing_directory").map { String(cString: $0) } ?? "/dev/shm"
    var status = statvfs()
    guard ranks > 1, statvfs(folder, &status) == 0 else { return }
    let free = Int(status.f_bavail) * Int(status.f_frsize)
    guard free < ranks * segment else { return }
    throw ProcessSetupError.fullSharedMemory(
      folder: folder, free: free, needed: ranks * segment, ranks: ranks)
  }

  private static func number(_ variable: String) -> Int? {
    getenv(variable).flatMap { Int(String(cString: $0)) }
  }
}
