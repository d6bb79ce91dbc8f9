/// What a user can get wrong around a training run; the description is one line.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// A configuration that cannot be used; the place is `Configs/nyu8.yaml:7`, a file or `override`.
  case configuration(place: String, problem: String)
  /// A checkpoint file that cannot be written or used.
  case checkpoint(file: String, fault: CheckpointFault)
  /// A log that cannot be read or written.
  case log(file: String, problem: String)

  /// The place, what is wrong there, and what to do.
  public var description: String {
    switch self {
    case .configuration(let place, let problem): "\(place): \(problem)"
    case .checkpoint(let file, let fault): "\(file): \(fault)"
    case .log(let file, let problem): "\(file): \(problem)"
    }
  }
}
