import PACAutograd
import PACData
import PACWeights

/// What a run trains and evaluates: a network, its samples, the loss and the metrics.
///
/// `TrainingRun`, `Evaluator` and the commands work with any task; everything specific to depth
/// maps or class labels is in the task's own target. The network of a task is this rank's replica.
/// What only some tasks can do is in separate protocols: `PredictingTask`, `ComparingTask`,
/// `ScoringTask` and `ArchivingTask`. docs/extending.md shows how to write a task.
public protocol TrainingTask {
  /// The task's part of a configuration.
  associatedtype Settings: TaskSettings
  /// Makes its samples of the scenes of a dataset.
  associatedtype Maker: SampleMaker

  /// Opens the dataset that a configuration names, and makes the network.
  /// - Throws: an error of one line that the user can fix.
  init(_ configuration: TrainingConfiguration, _ settings: Settings) throws

  /// The configuration of the run.
  var configuration: TrainingConfiguration { get }

  /// The trained parameters by name, in the order of the published checkpoints.
  var parameters: [(name: String, parameter: Parameter)] { get }

  /// Frozen parameters of the network: they are neither trained nor stored in checkpoints.
  var fixedParameters: [(name: String, parameter: Parameter)] { get }

  /// Loads the files, other than `weights`, that the configuration names for parts of the network,
  /// such as its backbone.
  /// - Parameter isReplaced: whether `parameters` will be overwritten afterwards, so that only
  ///   `fixedParameters` need to be loaded.
  /// - Returns: notes for the user.
  /// - Throws: an error of one line about the file.
  func readParts(isReplaced: Bool) throws -> [String]

  /// The metrics besides the loss, in the order in which they are reported.
  var metrics: [Metric] { get }

  /// The samples to train on.
  func trainingSource() throws -> SceneSource<Maker>

  /// The samples to test on.
  func testSource() throws -> SceneSource<Maker>

  /// The samples to validate on; called only if the configuration has some.
  func validationSource() throws -> SceneSource<Maker>

  /// Runs the network and the loss on a training sample.
  /// - Parameters:
  ///   - sample: the sample.
  ///   - epoch: the epoch; randomness such as dropout must depend only on it, the seed and the
  ///     sample's index.
  ///   - tape: records the operations.
  /// - Returns: the loss, and a value for each of `metrics`, 0 if no pixel is valid; `train.log`
  ///   holds their means.
  /// - Throws: `LayerError` if the shapes do not match.
  func loss(
    of sample: Maker.Case, epoch: Int, tape: Tape
  ) throws -> (loss: Variable, values: [Double])

  /// Evaluates the network on a whole sample.
  /// - Returns: numbers from which `result(of:)` computes the metrics, equally many for every
  ///   sample.
  /// - Throws: `TrainingError.diverged` if the prediction is non-finite; `LayerError`.
  func figures(of sample: Maker.Case) throws -> [Double]

  /// Computes the metrics of a split from the figures of its samples, which come in its order.
  func result(of samples: [(name: String, figures: [Double])]) -> EvaluationResult

  /// The result that a paper reports for a network on a dataset; nil if there is none.
  /// - Parameters:
  ///   - settings: the network, and the settings of the task.
  ///   - configuration: the rest of the configuration, such as the split.
  ///   - dataset: what the dataset says about itself.
  /// - Returns: the result.
  static func published(
    for settings: Settings, in configuration: TrainingConfiguration, on dataset: DatasetDescription
  ) -> PublishedResult?

  /// Compares a file with the network's parameters, by every name under which it may hold them.
  func match(_ weights: NetworkWeights) -> ParameterMatch

  /// Loads the weights that a new run starts from.
  /// - Returns: notes for the user.
  /// - Throws: `WeightsError` naming the differences if they belong to another network.
  func start(from weights: NetworkWeights) throws -> [String]
}

extension TrainingTask {
  /// No parameter is frozen.
  public var fixedParameters: [(name: String, parameter: Parameter)] { [] }

  /// There are no further files to load.
  public func readParts(isReplaced: Bool) throws -> [String] { [] }

  /// Compares the file by the network's own names and the published ones.
  public func match(_ weights: NetworkWeights) -> ParameterMatch {
    weights.match(parameters, names: configuration.settings.publishedNames)
  }

  /// Loads all parameters, see `load(_:)`.
  public func start(from weights: NetworkWeights) throws -> [String] { try load(weights) }

  /// No paper reports results.
  public static func published(
    for settings: Settings, in configuration: TrainingConfiguration, on dataset: DatasetDescription
  ) -> PublishedResult? { nil }

  /// Loads all parameters from a file of weights after comparing every name and shape.
  /// - Returns: notes for the user.
  /// - Throws: `WeightsError` naming the differences if they belong to another network.
  public func load(_ weights: NetworkWeights) throws -> [String] {
    let settings = configuration.settings
    return try ParameterSet(parameters).load(
      weights, for: settings.label, names: settings.publishedNames,
      guess: { Settings.recognized($0)?.description })
  }

  /// Loads the weights that a new run starts from, as much of them as `weights-match` asks for.
  /// - Returns: notes for the user.
  /// - Throws: `WeightsError` if they do not fit.
  func loadInitial(_ weights: NetworkWeights) throws -> [String] {
    switch configuration.weightsMatch {
    case .exact: try start(from: weights)
    case .partial: try loadPart(of: weights)
    }
  }

  /// Loads the parameters that a file of weights holds, whatever else it holds or lacks.
  /// - Returns: notes for the user: what was taken, what was not and why.
  /// - Throws: `WeightsError` if nothing fits.
  func loadPart(of weights: NetworkWeights) throws -> [String] {
    let settings = configuration.settings
    return try weights.loadPart(
      match(weights), into: parameters, of: settings.label,
      guess: { Settings.recognized($0)?.description })
  }
}
