import PACAutograd
import PACConfiguration
import PACData
import PACLayers
import PACModels
import PACTensors
import PACTraining
import PACWeights

/// Joint upsampling: a network upsamples a low-resolution map with the help of a colour image.
public struct UpsamplingTask: PredictingTask {
  /// What the run does.
  public let configuration: TrainingConfiguration
  private let settings: UpsamplingSettings
  private let network: any JointUpsampler
  private let dataset: DatasetReader
  /// Networks whose predictions are shown beside this one's.
  private var others: [UpsamplingTask] = []

  /// Opens the dataset and makes the network.
  /// - Throws: one line about what the user can mend.
  public init(_ configuration: TrainingConfiguration, _ settings: UpsamplingSettings) throws {
    self.configuration = configuration
    self.settings = settings
    dataset = try DatasetReader(configuration.data)
    network = try settings.network.make(
      factor: settings.factor, initialization: settings.initialValues,
      seed: UInt64(configuration.seed))
  }

  /// Every parameter that is trained, by its published name.
  public var parameters: [(name: String, parameter: Parameter)] { network.parameters }

  /// The network whose parameters a file holds; nil if it is not known.
  public func guess(_ weights: NetworkWeights) -> String? { guessedUpsampler(of: weights) }

  // MARK: - Samples

  /// The samples to train on.
  /// - Throws: `DataError` if there are none.
  public func trainingSource() throws -> SceneSource<UpsamplingSampleMaker> {
    try source(try trainingIndices(dataset))
  }

  /// The samples to evaluate on.
  /// - Throws: `DataError` if there are none.
  public func testSource() throws -> SceneSource<UpsamplingSampleMaker> {
    try source(try testIndices(dataset))
  }

  private func source(
    _ part: (split: String, indices: [Int])
  ) throws -> SceneSource<UpsamplingSampleMaker> {
    try SceneSource(
      dataset, split: part.split, indices: part.indices,
      maker: UpsamplingSampleMaker(
        target: settings.target, factor: settings.factor, crop: settings.cropSize,
        lowResolutionMode: settings.lowResolution, border: settings.border,
        flipProbability: settings.flip ? 0.5 : 0))
  }

  // MARK: - Loss and metrics

  /// What is measured besides the loss.
  public var metrics: [Metric] {
    switch settings.target {
    case .depth: [Metric(name: "rmse", unit: reporting.unit)]
    case .flow: [Metric(name: "rmse", unit: "px"), Metric(name: "epe", unit: "px")]
    }
  }

  private var reporting: Reporting {
    settings.target == .depth ? Reporting(dataset.depthUnit) : Reporting(.unitless)
  }

  /// Runs network and loss on a training sample, see `TrainingTask`.
  public func loss(
    of sample: UpsamplingSample, epoch: Int, tape: Tape
  ) throws -> (loss: Variable, values: [Double]) {
    let (output, measure) = try run(sample, tape: tape)
    return (loss(output, sample), values(measure).map { $0 ?? 0 })
  }

  /// Evaluates the network on a whole sample, see `TrainingTask`.
  public func figures(of sample: UpsamplingSample) throws -> [Double] {
    let (output, measure) = try run(sample, tape: nil)
    let values = values(measure)
    guard values.allSatisfy({ $0?.isFinite ?? true }) else {
      throw TrainingError.diverged(sample: sample.name, loss: .nan)
    }
    return [Double(loss(output, sample).value.scalar)] + values.map { $0 ?? .nan }
  }

  /// The result of a split from the figures of its samples.
  public func result(of samples: [(name: String, figures: [Double])]) -> EvaluationResult {
    EvaluationResult(
      meansOf: samples.map { name, figures in
        SampleMetrics(
          name: name, loss: figures[0],
          values: figures.dropFirst().map { $0.isNaN ? nil : $0 })
      }, metrics: metrics, headline: metrics.count - 1, published: published)
  }

  /// A value for each of `metrics`, nil if no pixel counts.
  private func values(_ measure: UpsamplingErrors) -> [Double?] {
    let root = measure.rootMeanSquare.map { $0 * reporting.scale }
    return settings.target == .depth ? [root] : [root, measure.endPointError]
  }

  /// What is minimised: `l2`, the mean square of normalised values; `rmse` and `epe`, of raw values root mean square and mean
  /// length of the difference.
  private func loss(_ output: Variable, _ sample: UpsamplingSample) -> Variable {
    switch settings.loss {
    case .l2: meanSquaredError(output, normalized(sample), valid: sample.valid)
    case .rmse: rootMeanSquaredError(raw(output, sample), sample.target, valid: sample.valid)
    case .epe: endPointError(raw(output, sample), sample.target, valid: sample.valid)
    }
  }

  private var published: PublishedResult? {
    publishedUpsampling(of: dataset.description.collection, settings)
  }

  // MARK: - Predictions

  /// The first line of the table of predictions.
  public var predictionColumns: String { writer(to: "").columns }

  /// Writes the prediction of a sample, see `PredictingTask`.
  public func writePrediction(of sample: UpsamplingSample, to folder: String) throws -> String {
    try writer(to: folder).write(
      try prediction(of: sample), others: try others.map { try $0.prediction(of: sample) },
      of: sample)
  }

  private func writer(to folder: String) -> PredictionWriter {
    PredictionWriter(
      folder: folder, target: settings.target, unit: dataset.depthUnit,
      others: others.map(\.settings.model))
  }

  private func prediction(of sample: UpsamplingSample) throws -> Tensor {
    raw(try output(sample, tape: nil), sample).value
  }

  // MARK: - Network

  private func run(
    _ sample: UpsamplingSample, tape: Tape?
  ) throws -> (output: Variable, measure: UpsamplingErrors) {
    let output = try output(sample, tape: tape)
    let measure = UpsamplingErrors(
      prediction: raw(Variable(output.value), sample).value, target: sample.target,
      valid: sample.valid)
    return (output, measure)
  }

  /// The network's output, normalised, in the target's size.
  ///
  /// Where the factor does not divide the size of a whole image, the output is resized back to the target's
  /// (docs/mathematics.md#low-resolution).
  private func output(_ sample: UpsamplingSample, tape: Tape?) throws -> Variable {
    let guide = settings.zeroGuidance ? Tensor.zeros(sample.guide.shape) : sample.guide
    let output = try network(
      Variable(sample.low, tape: tape), guide: Variable(guide, tape: tape))
    let shape = sample.target.shape
    return resizeBilinear(output, height: shape.height, width: shape.width)
  }

  /// The network's output in the target's unit.
  private func raw(_ output: Variable, _ sample: UpsamplingSample) -> Variable {
    output.mappedChannels(
      scale: sample.normalisation.map(\.scale), offset: sample.normalisation.map(\.minimum))
  }

  /// The target on the scale of the network's output.
  private func normalized(_ sample: UpsamplingSample) -> Tensor {
    let maps = sample.normalisation
    return Variable(sample.target).mappedChannels(
      scale: maps.map { 1 / $0.scale }, offset: maps.map { -$0.minimum / $0.scale }
    ).value
  }
}

extension UpsamplingTask: ComparingTask {
  /// The same task, showing the predictions of others beside its own.
  public func besides(_ others: [UpsamplingTask]) throws -> UpsamplingTask {
    var task = self
    task.others = others
    return task
  }
}
