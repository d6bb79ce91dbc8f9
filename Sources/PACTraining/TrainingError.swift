/// What a user can get wrong around a training run; the description is one line.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// The loss of a sample is not a finite number.
  case diverged(sample: String, loss: Float)
  /// Samples of one step, `count` altogether, whose losses or gradients are of no use; the first of them each with a
  /// text.
  case badSamples(step: Int, texts: [String], count: Int)
  /// The sum of the gradients of a step's samples, `count` altogether, of which the first are named, is of no use although
  /// they are.
  case badSum(step: Int, parameter: String, samples: [String], count: Int)
  /// The run folder cannot be used.
  case runFolder(path: String, problem: String)
  /// A log that cannot be read or written.
  case log(file: String, problem: String)
  /// A file of results that cannot be written.
  case output(file: String, problem: String)

  /// The place, what is wrong there, and what to do.
  public var description: String {
    switch self {
    case .diverged(let sample, let loss):
      "sample \(sample): the loss is \(loss); lower lr or look at the sample"
    case .badSamples(let step, let texts, let count):
      "step \(step): \(texts.joined(separator: "; "))"
        + (count > texts.count ? "; and \(count - texts.count) more samples" : "")
        + "; lower lr or look at the samples"
    case .badSum(let step, let parameter, let samples, let count):
      "step \(step): the sum of the gradients of \(samples.joined(separator: ", "))"
        + (count > samples.count ? " and \(count - samples.count) more samples" : "")
        + " is too large in the parameter \(parameter); lower lr or look at the samples"
    case .runFolder(let path, let problem): "\(path): \(problem)"
    case .log(let file, let problem): "\(file): \(problem)"
    case .output(let file, let problem): "\(file): \(problem)"
    }
  }
}
