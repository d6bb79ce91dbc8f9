/// A command that is part of reproducing a table.
struct Job {
  /// What it does, to name it in messages: `train x8_DJIF`.
  let name: String
  /// The jobs that come before it.
  let after: [String]
  /// Whether it cannot run if one of these fails.
  var needsAll = true
  /// Whether it runs on several ranks; otherwise in one process on this host.
  var isRanked = true
  /// The arguments of `pac`; nil if there is nothing left to do.
  let arguments: () throws -> [String]?
  /// Takes the result, given the command's standard output; called when it has ended with status 0.
  let complete: (_ output: String) throws -> Void
}

/// How a job ended.
enum JobOutcome: Equatable {
  /// Its result is there.
  case done
  /// It failed, or one before it did; whether it may succeed when it is started again.
  case failed(reason: String, mayContinue: Bool)
  /// A signal stopped everything before it was done.
  case stopped

  /// Why it failed; nil if it did not.
  var reason: String? {
    if case .failed(let reason, _) = self { reason } else { nil }
  }
}

/// How jobs are started.
public struct JobLauncher: Sendable {
  /// The path of this program.
  public var program: String
  /// A command that starts this program on several ranks, called as `COMMAND -n RANKS [--hostfile
  /// FILE] --restarts N ARGUMENT …`, such as Launch/run; nil if there is none.
  public var command: String?
  /// The ranks of each job.
  public var ranks: Int
  /// The threads of each rank.
  public var threads: Int
  /// The slots of all jobs together.
  public var slots: Slots
  /// How often a job is restarted that was lost.
  public var restarts: Int

  /// Describes how jobs are started.
  /// - Throws: `ReproductionError` if there are not enough slots, or nothing to start ranks with.
  public init(
    program: String, command: String?, ranks: Int, threads: Int, slots: Slots, restarts: Int
  ) throws {
    guard ranks <= slots.count else {
      throw ReproductionError(
        "--ranks \(ranks): there are only \(slots.count) slots; use fewer ranks or more slots")
    }
    guard command != nil || (ranks == 1 && !slots.isFromHostfile && restarts == 0) else {
      throw ReproductionError(
        "several ranks, a hostfile and restarts need a launcher; start this by Launch/reproduce")
    }
    self.program = program
    self.command = command
    self.ranks = ranks
    self.threads = threads
    self.slots = slots
    self.restarts = restarts
  }

  /// The whole command of a job.
  func command(_ arguments: [String], isRanked: Bool, hostfile: String?) -> [String] {
    guard let command, isRanked else { return [program] + arguments }
    return [command, "-n", "\(ranks)"] + (hostfile.map { ["--hostfile", $0] } ?? [])
      + ["--restarts", "\(restarts)"] + arguments
  }
}
