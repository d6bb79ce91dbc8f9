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
  /// In one step, losses or gradients of these samples are not finite numbers, each as a `diverged`.
  case step(Int, diverged: [TrainingError])
  /// A parameter is not a finite number after a step.
  case parameterDiverged(name: String, step: Int)
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
      "\(Self.fault(of: sample, loss)); lower lr or look at the sample"
    case .step(let step, let faults):
      "step \(step): \(Self.list(faults)); lower lr or look at the samples"
    case .parameterDiverged(let name, let step):
      "step \(step): the parameter \(name) is not finite any more; lower lr"
    case .runFolder(let path, let problem): "\(path): \(problem)"
    case .log(let file, let problem): "\(file): \(problem)"
    case .output(let file, let problem): "\(file): \(problem)"
    }
  }

  /// Whether a loss or a gradient of a sample is not finite.
  var isDivergence: Bool { if case .diverged = self { true } else { false } }

  private static func fault(of sample: String, _ loss: Float) -> String {
    "sample \(sample): \(loss.isFinite ? "a gradient is not finite" : "the loss is \(loss)")"
  }

  /// The first few of many.
  private static func list(_ faults: [TrainingError]) -> String {
    let texts = faults.map { error -> String in
      guard case .diverged(let sample, let loss) = error else { return "\(error)" }
      return fault(of: sample, loss)
    }
    return texts.prefix(8).joined(separator: "; ")
      + (texts.count > 8 ? "; and \(texts.count - 8) more samples" : "")
  }
}
