/// What a run ended with.
public struct RunResult: Sendable {
  /// The measurement on the test split; nil if a signal ended the run before.
  public let evaluation: EvaluationResult?
  /// The newest checkpoint.
  public let checkpoint: String
  /// The signal that ended the run early, nil if none did.
  public let stop: RunStop?
}

/// Why a run ends before its last epoch.
public enum RunStop: Sendable, Equatable, CustomStringConvertible {
  /// `steps` or `max-minutes` asks for it.
  case limit
  /// A rank was sent a signal.
  case signal(String, rank: Int)

  /// Whether nothing but a checkpoint may follow.
  var isUrgent: Bool { self != .limit }

  /// The reason, to follow "stopped".
  public var description: String {
    switch self {
    case .limit: "as steps or max-minutes asks"
    case .signal(let name, let rank): "by \(name) sent to rank \(rank)"
    }
  }
}
