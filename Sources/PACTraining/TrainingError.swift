import PACCheckpoints
import PACDistributed
import PACFiles

/// An error of a run that the user can fix; its description is one line.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// The loss or prediction of a sample is non-finite.
  case diverged(sample: String, loss: Float)
  /// `count` samples of one step have unusable losses or gradients; `texts` describes the first
  /// ones.
  case badSamples(step: Int, texts: [String], count: Int)
  /// The sum of the gradients of a step's `count` samples, of which the first are named, is
  /// unusable although each gradient is fine.
  case badSum(step: Int, parameter: String, samples: [String], count: Int)
  /// The run folder cannot be used; `cause` is the system's reason, if it was one.
  case runFolder(path: String, problem: String, cause: SystemReason = SystemReason(code: 0))
  /// A log cannot be read or written; `cause` is the system's reason, if it was one.
  case log(file: String, problem: String, cause: SystemReason = SystemReason(code: 0))
  /// A file of results cannot be written.
  case output(file: String, problem: String)

  /// Where the error is, what is wrong, and what to do.
  public var description: String {
    switch self {
    case .diverged(let sample, let loss):
      "sample \(sample): the loss is \(loss); lower lr or inspect the sample"
    case .badSamples(let step, let texts, let count):
      "step \(step): \(texts.joined(separator: "; "))"
        + (count > texts.count ? "; and \(count - texts.count) more samples" : "")
        + "; lower lr or inspect the samples"
    case .badSum(let step, let parameter, let samples, let count):
      "step \(step): the sum of the gradients of \(samples.joined(separator: ", "))"
        + (count > samples.count ? " and \(count - samples.count) more samples" : "")
        + " is too large in the parameter \(parameter); lower lr or inspect the samples"
    case .runFolder(let path, let problem, _): "\(path): \(problem)"
    case .log(let file, let problem, _): "\(file): \(problem)"
    case .output(let file, let problem): "\(file): \(problem)"
    }
  }
}

extension TrainingError {
  /// A run folder that cannot be written, for the system's reason.
  static func unwritableRunFolder(_ path: String, _ code: Int32) -> TrainingError {
    let reason = SystemReason(code: code)
    return .runFolder(
      path: path,
      problem: "cannot write to this run folder (\(reason)); set run to a writable folder",
      cause: reason)
  }
}

extension TrainingError: ErrorWithStatus {
  /// `lost` if the file system failed in a way that a restart may get past.
  public var exitStatus: ExitStatus {
    switch self {
    case .runFolder(_, _, let cause), .log(_, _, let cause):
      cause.mayPassAfterRestart ? .lost : .failed
    case .diverged, .badSamples, .badSum, .output: .failed
    }
  }
}

extension CheckpointError: ErrorWithStatus {
  /// `lost` if the file system failed in a way that a restart may get past.
  public var exitStatus: ExitStatus {
    if case .unwritten(_, let cause) = fault, cause.mayPassAfterRestart { .lost } else { .failed }
  }
}
