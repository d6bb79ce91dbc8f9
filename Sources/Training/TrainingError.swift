/// What a user can get wrong around a training run; the description is one line.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// A configuration that cannot be used; the place is `Configs/nyu_x8.yaml:7`, a file or `override`.
  case configuration(place: String, problem: String)
  /// A checkpoint file that cannot be written or used.
  case checkpoint(file: String, fault: CheckpointFault)
  /// A file of weights that cannot be written or used.
  case weights(file: String, problem: String)
  /// The loss or a gradient is not a finite number.
  case diverged(sample: String, loss: Float)
  /// The run folder cannot be used.
  case runFolder(path: String, problem: String)
  /// A log that cannot be read or written.
  case log(file: String, problem: String)
  /// A file of results that cannot be written.
  case output(file: String, problem: String)

  /// The place, what is wrong there, and what to do.
  public var description: String {
    switch self {
    case .configuration(let place, let problem): "\(place): \(problem)"
    case .checkpoint(let file, let fault): "\(file): \(fault)"
    case .weights(let file, let problem): "\(file): \(problem)"
    case .diverged(let sample, let loss):
      "sample \(sample): \(loss.isFinite ? "a gradient is not finite" : "the loss is \(loss)"); "
        + "lower lr or look at the sample"
    case .runFolder(let path, let problem): "\(path): \(problem)"
    case .log(let file, let problem): "\(file): \(problem)"
    case .output(let file, let problem): "\(file): \(problem)"
    }
  }
}
