/// The result of a run.
public struct RunResult: Sendable {
  /// The measures of the last weights; nil if a signal ended the run before.
  public let last: WeightMeasures?
  /// The measures of the best weights; nil without the key `best`, or if a signal ended the run
  /// before.
  public let best: WeightMeasures?
  /// The path of the newest checkpoint.
  public let checkpoint: String
  /// The path of the best weights; nil if none were chosen.
  public let bestCheckpoint: String?
  /// The signal that ended the run early; nil if none did.
  public let stop: RunStop?
}

/// What some weights of a run achieve.
public struct WeightMeasures: Sendable {
  /// The number of optimizer steps of the weights.
  public let step: Int
  /// The number of finished epochs of the weights.
  public let epoch: Int
  /// The metrics on the samples to validate on; nil if there are none.
  public var validation: EvaluationResult?
  /// The metrics on the samples to test on; nil if there are none.
  public var test: EvaluationResult?
}

/// Why a run ends before its last epoch.
public enum RunStop: Sendable, Equatable, CustomStringConvertible {
  /// The limit of `steps` or `max-minutes` is reached.
  case limit
  /// So many validations in a row were no better, as many as `patience`.
  case patience(Int)
  /// A rank was sent a signal.
  case signal(String, rank: Int)

  /// Whether to write a checkpoint and exit without an evaluation.
  var isUrgent: Bool { if case .signal = self { true } else { false } }

  /// How the run can go on.
  var advice: String {
    if case .patience = self { "increase patience to go on" } else { "start again to resume" }
  }

  /// The reason, to follow "stopped".
  public var description: String {
    switch self {
    case .limit: "at the limit of steps or max-minutes"
    case .patience(let count): "early by patience, \(count) validations without improvement"
    case .signal(let name, let rank): "by \(name) sent to rank \(rank)"
    }
  }
}
