/// The result of a run.
public struct RunResult: Sendable {
  /// The metrics on the test split; nil if a signal ended the run before.
  public let evaluation: EvaluationResult?
  /// The path of the newest checkpoint.
  public let checkpoint: String
  /// The signal that ended the run early; nil if none did.
  public let stop: RunStop?
}

/// Why a run ends before its last epoch.
public enum RunStop: Sendable, Equatable, CustomStringConvertible {
  /// The limit of `steps` or `max-minutes` is reached.
  case limit
  /// A rank was sent a signal.
  case signal(String, rank: Int)

  /// Whether to write a checkpoint and exit without an evaluation.
  var isUrgent: Bool { self != .limit }

  /// The reason, to follow "stopped".
  public var description: String {
    switch self {
    case .limit: "at the limit of steps or max-minutes"
    case .signal(let name, let rank): "by \(name) sent to rank \(rank)"
    }
  }
}
