import CPACMPI
import Foundation

/// The ranks of a job and this process's rank among them; owns MPI for the process.
///
/// A process without a launcher (`mpirun` or `srun`) is a world of one and never calls MPI, since
/// initialising it takes a tenth of a second and warns on machines without a network. The
/// collective operations are in `Communicator+Collectives.swift`, and `GradientReduction` reduces
/// gradients; all ranks must call them in the same order. A rank with an error in between passes it
/// to the next `agree(on:)`.
///
/// Not `Sendable`: only the thread that called `start()` may use it. MPI runs in serialized mode:
/// while operations run in the background, the `ProgressThread` also calls it, but never at the
/// same time.
public final class Communicator {
  /// This process's rank, from 0.
  public let rank: Int
  /// The number of processes in the job.
  public let worldSize: Int
  /// The ranks that run on this machine, ascending; this one is among them.
  public let ranksOnNode: [Int]

  /// All ranks, for blocking operations; nil in a world of one.
  private let foreground: MPICommunicator?
  /// A duplicate, for operations that `progress` runs.
  let background: MPICommunicator?
  /// Runs background operations; the groups of a job share it.
  let progress: ProgressThread
  /// The most elements of a message: MPI counts are 32-bit, so longer buffers are sent in pieces.
  let largestMessage: Int
  /// Whether finishing it finalizes MPI, which a group of the job's ranks must not do.
  private let isJob: Bool
  /// What this rank is doing, for the watch.
  public let activity: Activity
  /// The watch, once `watch(timeout:)` was called.
  var jobWatch: JobWatch?
  private var isFinished = false
  /// Ends the process if the ranks do not all start; nil once they have.
  private var start: MeetingLimit?
  /// How long the ranks have to start, and to leave, in seconds; nil = without end.
  private var patience: Double?

  /// Joins ranks; `world` and `background` are nil in a world of one.
  init(
    world: MPICommunicator?, background: MPICommunicator?, worldSize: Int, ranksOnNode: [Int],
    largestMessage: Int, partOf job: Communicator? = nil
  ) {
    isJob = job == nil
    let activity = job?.activity ?? Activity()
    self.activity = activity
    progress = job?.progress ?? ProgressThread(activity)
    foreground = world
    self.background = background
    rank = world?.rank ?? 0
    self.worldSize = worldSize
    self.ranksOnNode = ranksOnNode
    self.largestMessage = largestMessage
  }

  deinit { assert(isFinished, "rank \(rank): the communicator was not finished") }

  /// This process's index among those on the same machine, from 0.
  public var localRank: Int { ranksOnNode.firstIndex(of: rank) ?? 0 }

  /// Whether this is rank 0, which prints and writes logs and checkpoints.
  public var isRankZero: Bool { rank == 0 }

  /// All ranks, for blocking operations; nil in a world of one.
  ///
  /// Background operations are completed first, since only one thread at a time may call MPI.
  /// - Throws: `DistributedError` if MPI reports an error.
  func world() throws -> MPICommunicator? {
    guard let foreground else { return nil }
    try progress.finish()
    return foreground
  }

  /// Joins the job this process was launched in, or makes a world of one.
  ///
  /// Call it once per process, on the thread that makes every other call.
  /// - Throws: `DistributedError` if MPI reports an error, or if a launcher started this process as
  ///   one of several that MPI does not connect.
  public static func start() throws -> Communicator {
    try start(largestMessage: 1 << 30)
  }

  /// Like `start()`, with shorter messages so that tests cover the splitting of long ones.
  package static func start(largestMessage: Int) throws -> Communicator {
    guard isLaunched else {
      try requireMeantToBeAlone()
      return alone()
    }
    let patience = try MeetingLimit.seconds(
      from: getenv(MeetingLimit.variable).map { String(cString: $0) })
    let limit = MeetingLimit(patience, for: "start", rank: launchedRank)
    let world = try MPICommunicator.initializeWorld()
    let size = try world.size()
    if size == 1 { try requireMeantToBeAlone() }
    let communicator = Communicator(
      world: world, background: try world.duplicated(), worldSize: size,
      ranksOnNode: try world.ranksOnNode(), largestMessage: largestMessage)
    communicator.start = limit
    communicator.patience = patience
    return communicator
  }

  /// Says that the ranks have started: from now on PAC_START_TIMEOUT does not end the process.
  public func hasStarted() {
    start?.lift()
    start = nil
  }

  private static func requireMeantToBeAlone() throws {
    guard let mismatch = LaunchedAlone(ProcessInfo.processInfo.environment) else { return }
    guard mismatch.isFirst else {
      // The first process reports it for all; a launcher may end it as soon as another one fails.
      sleep(1)
      throw DistributedError.reportedElsewhere
    }
    throw DistributedError.launchedAlone("\(mismatch)")
  }

  /// A world of one, whatever the job's size, which communicates with no other rank.
  package static func alone() -> Communicator {
    Communicator(
      world: nil, background: nil, worldSize: 1, ranksOnNode: [0], largestMessage: 1 << 30)
  }

  /// Whether a launcher started this process as a rank of a job.
  ///
  /// Open MPI's `mpirun` and resource managers set at least one of these variables for every rank.
  public static var isLaunched: Bool {
    let variables = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"]
    return variables.contains { getenv($0) != nil }
  }

  /// The launcher's number of this process, 0 without a launcher; known before MPI is initialised.
  public static var launchedRank: Int {
    let names: [String] = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"]
    return names.lazy.compactMap { name in
      getenv(name).flatMap { Int(String(cString: $0)) }
    }.first ?? 0
  }

  /// Leaves the job; every rank calls it after its last collective operation.
  ///
  /// If not all of them do within PAC_START_TIMEOUT, the process ends with `ExitStatus.lost`.
  ///
  /// Not in `deinit`, because ranks may release the object at different times, and leaving waits
  /// for all.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func finish() throws {
    guard !isFinished else { return }
    isFinished = true
    jobWatch?.stop()
    hasStarted()
    let limit = foreground == nil || !isJob ? nil : MeetingLimit(patience, for: "end", rank: rank)
    defer { limit?.lift() }
    guard let world = try world(), let background else { return }
    try background.free()
    guard isJob else { return try world.free() }
    progress.stop()
    try world.finalize()
  }

  /// Aborts all ranks of the job, for errors that cannot be agreed on.
  ///
  /// Prints `message` with this rank's number to standard error first.
  /// - Parameters:
  ///   - message: what went wrong.
  ///   - status: the job's exit status; with `lost`, the watch may name the rank that caused it
  ///     instead.
  public func abort(_ message: String, status: ExitStatus = .failed) -> Never {
    // The death of another rank appears here as a failing call, so give the watch a moment to find
    // the reason and end the job.
    if status == .lost, jobWatch != nil { sleep(2) }
    jobWatch?.stop()
    let line = worldSize == 1 ? "error: \(message)\n" : "error: rank \(rank): \(message)\n"
    write(STDERR_FILENO, line, line.utf8.count)
    if let foreground { MPI_Abort(foreground.handle, status.rawValue) }
    exit(status.rawValue)
  }
}
