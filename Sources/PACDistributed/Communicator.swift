import CPACMPI
import Glibc

/// The ranks of a job and this process's place among them; owns MPI for the process.
///
/// A process that no launcher started (no `mpirun` or `srun`) is a world of one and never calls MPI:
/// initialising it costs a tenth of a second and warns on machines without a network. The collective
/// operations are in `Communicator+Collectives.swift`, the sum of gradients is `GradientReduction`; all ranks must
/// call them in the same order. A rank that meets an error in between passes it to the next `agree(on:)`.
///
/// Not `Sendable`: only the thread that called `start()` may use it. MPI runs in its serialized mode; while operations go
/// on in the background its `Courier` calls it as well, one of the two at a time.
public final class Communicator {
  /// This process's number, from 0.
  public let rank: Int
  /// The number of processes in the job.
  public let worldSize: Int
  /// The ranks that run on this machine, ascending; this one is among them.
  public let ranksOnNode: [Int]

  /// MPI's communicator of all ranks; nil in a world of one.
  private let foreground: MPI_Comm?
  /// The same ranks once more, for operations of the courier's.
  let background: MPI_Comm?
  /// Moves on what goes on in the background; the groups of a job share it.
  let courier: Courier
  /// The most elements one message carries: MPI counts are 32-bit, longer buffers go in pieces.
  let largestMessage: Int
  /// Whether leaving it means leaving MPI: not for a part of the job's ranks.
  private let isJob: Bool
  /// What this rank is doing, for those who watch it.
  public let activity = Activity()
  private var watch: JobWatch?
  private var isFinished = false

  init(
    world: MPI_Comm?, background: MPI_Comm?, rank: Int, worldSize: Int, ranksOnNode: [Int],
    largestMessage: Int, partOf job: Communicator? = nil
  ) {
    isJob = job == nil
    foreground = world
    self.background = background
    courier = job?.courier ?? Courier()
    self.rank = rank
    self.worldSize = worldSize
    self.ranksOnNode = ranksOnNode
    self.largestMessage = largestMessage
  }

  deinit { assert(isFinished, "rank \(rank): the communicator was not finished") }

  /// This process's number among those on the same machine, from 0.
  public var localRank: Int { ranksOnNode.firstIndex(of: rank) ?? 0 }

  /// The number of the job's processes on this machine.
  public var localSize: Int { ranksOnNode.count }

  /// Whether this rank speaks for the job: prints, writes logs and checkpoints.
  public var isLeader: Bool { rank == 0 }

  /// MPI's communicator of all ranks, for operations that are waited for; nil in a world of one.
  ///
  /// What goes on in the background ends first, since one thread at a time may call MPI.
  /// - Throws: `DistributedError` if MPI reports an error.
  func world() throws -> MPI_Comm? {
    guard let foreground else { return nil }
    try courier.finish()
    return foreground
  }

  /// Joins the job this process was launched in, or makes a world of one.
  ///
  /// Called once in a process, by the thread that will make every other call.
  /// - Throws: `DistributedError` if MPI reports an error.
  public static func start() throws -> Communicator {
    try start(largestMessage: 1 << 30)
  }

  /// As `start()`, with shorter messages so that tests meet the splitting of long ones.
  package static func start(largestMessage: Int) throws -> Communicator {
    guard isLaunched else {
      return Communicator(
        world: nil, background: nil, rank: 0, worldSize: 1, ranksOnNode: [0],
        largestMessage: largestMessage)
    }
    var threads: Int32 = 0
    let needed = pac_mpi_thread_serialized()
    try check(MPI_Init_thread(nil, nil, needed, &threads), "MPI_Init_thread", 0)
    let world = pac_mpi_comm_world()
    // Until this call MPI ends the process on any error, without saying what we were doing.
    try check(
      MPI_Comm_set_errhandler(world, pac_mpi_errors_return()), "MPI_Comm_set_errhandler", 0)
    guard threads >= needed else { throw DistributedError.threadsNotSupported }

    var rank: Int32 = 0
    var size: Int32 = 0
    try check(MPI_Comm_rank(world, &rank), "MPI_Comm_rank", 0)
    try check(MPI_Comm_size(world, &size), "MPI_Comm_size", Int(rank))
    // Inherits the way errors are reported.
    var background: MPI_Comm?
    try check(MPI_Comm_dup(world, &background), "MPI_Comm_dup", Int(rank))
    return Communicator(
      world: world, background: background, rank: Int(rank), worldSize: Int(size),
      ranksOnNode: try ranksOnNode(of: rank, size: size, world), largestMessage: largestMessage)
  }

  /// Whether a launcher started this process as a rank of a job.
  ///
  /// Open MPI's `mpirun` and resource managers set at least one of these variables for every rank.
  public static var isLaunched: Bool {
    let variables = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"]
    return variables.contains { getenv($0) != nil }
  }

  /// Leaves the job; every rank calls it, after its last collective operation.
  ///
  /// Not part of `deinit`: ranks may release the object at different moments, and leaving waits for all.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func finish() throws {
    guard !isFinished else { return }
    isFinished = true
    watch?.stop()
    var (world, background) = (try world(), background)
    guard world != nil else { return }
    try check(MPI_Comm_free(&background), "MPI_Comm_free")
    if isJob {
      courier.stop()
      return try check(MPI_Finalize(), "MPI_Finalize")
    }
    try check(MPI_Comm_free(&world), "MPI_Comm_free")
  }

  /// Watches from now on that every rank lives and gets on, and ends the job where one does not.
  ///
  /// Then one line names the rank with the step and the phase it was in, and the job's exit status is
  /// `ExitStatus.lost`. A thread of its own does it, without MPI. Every rank calls it, once.
  /// - Parameter timeout: how long a rank may be silent, or stay in one phase without waiting for others.
  /// - Returns: ranks that cannot reach the leader by TCP, and so are not watched.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func watch(timeout: Duration) throws -> [Int] {
    precondition(watch == nil, "the ranks are watched already")
    let (watch, unwatched) = try JobWatch.start(self, timeout: timeout)
    self.watch = watch
    return unwatched
  }

  /// Ends every rank of the job at once, for errors that cannot be agreed on.
  ///
  /// Prints `message` with this rank's number to standard error first.
  /// - Parameters:
  ///   - message: what went wrong.
  ///   - status: the job's exit status; with `lost`, a rank that the watch finds to be the cause is named instead.
  public func abort(_ message: String, status: ExitStatus = .failed) -> Never {
    // Another rank's death shows here as a failing call: the watch has a moment to see the reason and end the job.
    if status == .lost, watch != nil { sleep(2) }
    watch?.stop()
    let line = worldSize == 1 ? "error: \(message)\n" : "error: rank \(rank): \(message)\n"
    write(STDERR_FILENO, line, line.utf8.count)
    if let foreground { MPI_Abort(foreground, status.rawValue) }
    exit(status.rawValue)
  }

  /// Throws what went wrong unless `status` is success.
  func check(_ status: Int32, _ call: String) throws { try Self.check(status, call, rank) }

  private static func check(_ status: Int32, _ call: String, _ rank: Int) throws {
    guard status != pac_mpi_success() else { return }
    var text = [CChar](repeating: 0, count: Int(pac_mpi_max_error_string()) + 1)
    var length: Int32 = 0
    let known = MPI_Error_string(status, &text, &length) == pac_mpi_success()
    let message = String(
      decoding: text.prefix(Int(length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    throw DistributedError.call(
      rank: rank, name: call, message: known ? message : "unknown MPI error \(status)")
  }

  /// Finds the ranks that can share memory with this one.
  private static func ranksOnNode(of rank: Int32, size: Int32, _ world: MPI_Comm?) throws -> [Int] {
    var node: MPI_Comm?
    try check(
      MPI_Comm_split_type(world, pac_mpi_comm_type_shared(), rank, pac_mpi_info_null(), &node),
      "MPI_Comm_split_type", Int(rank))
    // A node is known by its lowest rank, which is the first of the node's communicator.
    var lowest = rank
    try check(
      MPI_Bcast(&lowest, 4, pac_mpi_byte(), 0, node), "MPI_Bcast", Int(rank))
    try check(MPI_Comm_free(&node), "MPI_Comm_free", Int(rank))
    var nodes = [Int32](repeating: 0, count: Int(size))
    try check(
      MPI_Allgather(&lowest, 4, pac_mpi_byte(), &nodes, 4, pac_mpi_byte(), world), "MPI_Allgather",
      Int(rank))
    return nodes.indices.filter { nodes[$0] == lowest }
  }
}
