import PACAutograd
import PACData
import PACWeights

/// What a configuration trains and evaluates: a network, its samples, the loss and the metrics.
///
/// `TrainingRun`, `Evaluator` and the commands work with any task; everything that knows depth maps or class labels is
/// in a task's own target. A task's network is the replica of this rank. What only some tasks can do is in protocols of its own:
/// `PredictingTask`, `ComparingTask`, `ScoringTask`, `ArchivingTask`.
public protocol TrainingTask {
  /// What a configuration says about the task.
  associatedtype Settings: TaskSettings
  /// Where its samples come from.
  associatedtype Source: SampleSource

  /// Opens what a configuration names, and makes the network.
  /// - Throws: one line about what the user can mend.
  init(_ configuration: TrainingConfiguration, _ settings: Settings) throws

  /// What the run does.
  var configuration: TrainingConfiguration { get }

  /// Every parameter that is trained by its published name, in the order of the published checkpoints.
  var parameters: [(name: String, parameter: Parameter)] { get }

  /// Parameters of the network that training leaves alone and no checkpoint holds.
  var fixedParameters: [(name: String, parameter: Parameter)] { get }

  /// Reads what the network starts from besides `weights`: files that the configuration names for parts of it.
  /// - Parameter isReplaced: whether `parameters` get other values afterwards, so that only `fixedParameters` are needed.
  /// - Throws: one line about the file.
  func readParts(isReplaced: Bool) throws

  /// What is measured besides the loss, in the order in which it is reported.
  var metrics: [Metric] { get }

  /// The samples to train on.
  func trainingSource() throws -> Source

  /// The samples to evaluate on.
  func testSource() throws -> Source

  /// Runs the network and the loss on a training sample.
  /// - Parameters:
  ///   - sample: the sample.
  ///   - epoch: the epoch, from which what is random in the network follows, together with seed and sample.
  ///   - tape: records the operations.
  /// - Returns: the loss, and a value for each of `metrics`, 0 where no pixel counts; the run's log holds their means.
  /// - Throws: `LayerError` if the shapes do not fit.
  func loss(
    of sample: Source.Case, epoch: Int, tape: Tape
  ) throws -> (loss: Variable, values: [Double])

  /// Evaluates the network on a whole sample.
  /// - Returns: numbers from which `result(of:)` makes the result; as many for every sample.
  /// - Throws: `TrainingError.diverged` if the prediction is not finite, `LayerError`.
  func figures(of sample: Source.Case) throws -> [Double]

  /// The result of a split from the figures of its samples, in their order.
  func result(of samples: [(name: String, figures: [Double])]) -> EvaluationResult

  /// Takes over the weights that a new run starts from.
  /// - Returns: what to tell the user.
  /// - Throws: `WeightsError` naming what differs if they belong to another network.
  func start(from weights: NetworkWeights) throws -> [String]

  /// The network whose parameters a file holds, judged by names and shapes alone, for messages; nil if it is not known.
  func guess(_ weights: NetworkWeights) -> String?
}

extension TrainingTask {
  /// Parameters that training leaves alone.
  public var fixedParameters: [(name: String, parameter: Parameter)] { [] }

  /// Reads nothing.
  public func readParts(isReplaced: Bool) throws {}

  /// Takes over all parameters.
  public func start(from weights: NetworkWeights) throws -> [String] { try load(weights) }

  /// The network whose parameters a file holds; nil if it is not known.
  public func guess(_ weights: NetworkWeights) -> String? { nil }

  /// Takes over all parameters from a file of weights, after comparing every name and shape.
  /// - Returns: what to tell the user.
  /// - Throws: `WeightsError` naming what differs if they belong to another network.
  public func load(_ weights: NetworkWeights) throws -> [String] {
    try ParameterSet(parameters)
      .load(weights, for: configuration.settings.label, guess: guess)
  }

  /// The part of the dataset that `val-ratio`, `train-split` and `test-split` select for training, and its name for messages.
  public func trainingIndices(_ dataset: DatasetReader) throws -> (split: String, indices: [Int]) {
    let split = try dataset.split(configuration.trainSplit)
    return (configuration.trainSplit, Array(split.prefix(trainingCount(of: split))))
  }

  /// The test split, or with `val-ratio` the end of the training split, and its name for messages.
  public func testIndices(_ dataset: DatasetReader) throws -> (split: String, indices: [Int]) {
    guard configuration.validationRatio > 0 else {
      return (configuration.testSplit, try dataset.split(configuration.testSplit))
    }
    let split = try dataset.split(configuration.trainSplit)
    return (
      "\(configuration.trainSplit), its part for validation",
      Array(split.dropFirst(trainingCount(of: split)))
    )
  }

  private func trainingCount(of split: [Int]) -> Int {
    split.count - Int(Double(split.count) * configuration.validationRatio)
  }
}
