import PACAutograd
import PACData

/// What a configuration trains, measures and predicts: a network, its samples, the loss and the measures.
///
/// `TrainingRun`, `Trainer`, `Evaluator` and the commands work with any task; everything that knows depth maps or class labels is
/// in a task. `makeTask(_:)` makes the one that a configuration names. A task's network is the replica of this rank.
protocol TrainingTask {
  /// Where its samples come from.
  associatedtype Source: SampleSource

  /// What the run does.
  var configuration: TrainingConfiguration { get }

  /// Every parameter of the network by its published name, in the order of the published checkpoints.
  var parameters: [(name: String, parameter: Parameter)] { get }

  /// Parameters of the network that training leaves alone and no checkpoint holds.
  var fixedParameters: [(name: String, parameter: Parameter)] { get }

  /// Reads what the network starts from besides `weights`: files that the configuration names for parts of it.
  /// - Parameter isReplaced: whether `parameters` get other values afterwards, so that only `fixedParameters` are needed.
  /// - Throws: one line about the file.
  func readParts(isReplaced: Bool) throws

  /// What is measured besides the loss, in the order in which it is reported.
  var measures: [Measure] { get }

  /// The samples to train on.
  func trainingSource() throws -> Source

  /// The samples to measure on.
  func testSource() throws -> Source

  /// Runs the network and the loss on a training sample.
  /// - Parameters:
  ///   - sample: the sample.
  ///   - epoch: the epoch, from which what is random in the network follows, together with seed and sample.
  ///   - tape: records the operations.
  /// - Returns: the loss, and a value for each of `measures`, 0 where no pixel counts; the run's log holds their means.
  /// - Throws: `LayerError` if the shapes do not fit.
  func loss(
    of sample: Source.Case, epoch: Int, tape: Tape
  ) throws -> (loss: Variable, values: [Double])

  /// Measures the network on a whole sample.
  /// - Returns: numbers from which `result(of:)` makes the result; as many for every sample.
  /// - Throws: `TrainingError.diverged` if the prediction is not finite, `LayerError`.
  func figures(of sample: Source.Case) throws -> [Double]

  /// The result of a split from the figures of its samples, in their order.
  func result(of samples: [(name: String, figures: [Double])]) -> EvaluationResult

  /// The task whose predictions are written with those of others beside them, for comparison.
  /// - Throws: `TrainingError.configuration` if it cannot be compared with them.
  func besides(_ others: [any TrainingTask]) throws -> Self

  /// The task that writes the network's raw scores beside its predictions.
  /// - Throws: `TrainingError.configuration` if the task has no scores.
  func keepingScores() throws -> Self

  /// The first line of the table of predictions.
  var predictionColumns: String { get }

  /// Runs the network on a whole sample and writes what it predicts.
  /// - Returns: a row of the table of predictions.
  /// - Throws: `DataError`, `ImageFileError` if a file cannot be written.
  func writePrediction(of sample: Source.Case, to folder: String) throws -> String

  /// Completes what was written, once, when all ranks have written their predictions.
  /// - Parameters:
  ///   - names: the names of the samples, in the order of the split.
  ///   - folder: the folder of all predictions.
  /// - Returns: a further file that was made, for people; nil if none was.
  /// - Throws: what cannot be written.
  func finishPredictions(of names: [String], in folder: String) throws -> String?

  /// Takes over the weights that a new run starts from.
  /// - Returns: what to tell the user.
  /// - Throws: `TrainingError.checkpoint` naming what differs if they belong to another network.
  func start(from weights: NetworkWeights) throws -> [String]
}

extension TrainingTask {
  func keepingScores() throws -> Self {
    throw TrainingError.configuration(
      place: "--scores", problem: "only segmentation networks have scores; leave it out")
  }

  var fixedParameters: [(name: String, parameter: Parameter)] { [] }

  func readParts(isReplaced: Bool) throws {}

  func finishPredictions(of names: [String], in folder: String) throws -> String? { nil }

  func start(from weights: NetworkWeights) throws -> [String] {
    try ParameterSet(parameters).load(weights, for: configuration.networkLabel)
  }

  /// Tasks without a picture of several predictions refuse.
  func besides(_ others: [any TrainingTask]) throws -> Self {
    guard others.isEmpty else {
      throw TrainingError.configuration(
        place: "--compare", problem: "only upsampling networks are shown side by side; leave it out"
      )
    }
    return self
  }

  /// The split that `val-ratio`, `train-split` and `test-split` select for training, and its name for messages.
  func trainingIndices(_ dataset: DatasetReader) throws -> (split: String, indices: [Int]) {
    let split = try dataset.split(configuration.trainSplit)
    return (configuration.trainSplit, Array(split.prefix(trainingCount(of: split))))
  }

  /// The test split, or with `val-ratio` the end of the training split, and its name for messages.
  func testIndices(_ dataset: DatasetReader) throws -> (split: String, indices: [Int]) {
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

/// Makes the task that a configuration names, opening its dataset.
/// - Throws: one line about what the user can mend.
func makeTask(_ configuration: TrainingConfiguration) throws -> any TrainingTask {
  switch configuration.model {
  case .upsampling(let name): try UpsamplingTask(configuration, name)
  case .segmentation(let name): try SegmentationTask(configuration, name)
  }
}
