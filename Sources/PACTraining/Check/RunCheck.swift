import PACDistributed

/// What is known of a run before it begins.
public struct RunCheck: Sendable {
  /// Everything that is wrong, a line each.
  public let errors: [String]
  /// What the run takes; nil if something is wrong.
  public let estimate: RunEstimate?
}

/// Checks a run and measures a step of it that is not kept; all ranks call it.
///
/// Nothing is written. Rank 0 looks at files. If it finds nothing wrong, all ranks take a few steps
/// together.
/// - Parameters:
///   - reading: the configuration as it was read, which need not be valid.
///   - tasks: the tasks that it was read for.
///   - communicator: the ranks.
/// - Returns: all errors, or the estimate; the same on every rank.
/// - Throws: what only a step shows, on all ranks alike.
public func checkRun(
  _ reading: ConfigurationReading, tasks: TaskList, communicator: Communicator
) throws -> RunCheck {
  let found = try communicator.onRankZero {
    RunInspection(reading, tasks: tasks, ranks: communicator.worldSize).errors
  }
  let errors = try communicator.broadcast((found ?? []).joined(separator: "\n"))
    .split(separator: "\n").map(String.init)
  guard errors.isEmpty else { return RunCheck(errors: errors, estimate: nil) }
  let configuration = try communicator.together { try reading.get() }
  _ = try requireSameJob(configuration, communicator)
  return RunCheck(
    errors: [], estimate: try RunEstimate(configuration, tasks: tasks, communicator))
}
