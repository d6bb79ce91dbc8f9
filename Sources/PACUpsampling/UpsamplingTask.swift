import PACAutograd
import PACConfiguration
import PACData
import PACLayers
import PACModels
import PACTensors
import PACTraining

/// Joint upsampling: a network upsamples a low-resolution map with the help of a colour image.
public struct UpsamplingTask: PredictingTask {
  /// The configuration of the run.
  public let configuration: TrainingConfiguration
  private let settings: UpsamplingSettings
  private let network: any JointUpsampler
  private let dataset: DatasetReader
  /// Networks whose predictions are shown next to this one's.
  private var others: [UpsamplingTask] = []

  /// Opens the dataset and makes the network.
  /// - Throws: an error of one line that the user can fix.
  public init(_ configuration: TrainingConfiguration, _ settings: UpsamplingSettings) throws {
    self.configuration = configuration
    self.settings = settings
    dataset = try DatasetReader(configuration.data)
    network = try settings.network.make(
      factor: settings.factor, initialization: settings.initialValues,
      seed: UInt64(configuration.seed))
  }

  /// The trained parameters with their published names.
  public var parameters: [(name: String, parameter: Parameter)] { network.parameters }

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

  /// The samples to validate on.
  /// - Throws: `DataError` if there are none.
  public func validationSource() throws -> SceneSource<UpsamplingSampleMaker> {
    try source(try validationIndices(dataset))
  }

  private func source(
    _ part: (split: String, indices: [Int])
  ) throws -> SceneSource<UpsamplingSampleMaker> {
    try SceneSource(
      dataset, split: part.split, indices: part.indices,
      maker: UpsamplingSampleMaker(
        target: settings.target, factor: settings.factor, crop: settings.cropSize,
        lowResolutionMode: settings.lowResolution, border: settings.border,
        flipProbability: settings.flip ? 0.5 : 0, scaleJitter: settings.scaleJitter,
        colorJitter: Float(settings.colorJitter), distortions: settings.distortions))
  }

  // MARK: - Loss and metrics

  /// The metrics besides the loss: RMSE, and for flow the end-point error.
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
    let (output, errors) = try run(sample, tape: tape)
    return (loss(output, sample), values(errors).map { $0 ?? 0 })
  }

  /// Evaluates the network on a whole sample, see `TrainingTask`.
  public func figures(of sample: UpsamplingSample) throws -> [Double] {
    let (output, errors) = try run(sample, tape: nil)
    let values = values(errors)
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

  /// A value for each of `metrics`; nil if no pixel is valid.
  private func values(_ errors: UpsamplingErrors) -> [Double?] {
    let root = errors.rootMeanSquare.map { $0 * reporting.scale }
    return settings.target == .depth ? [root] : [root, errors.endPointError]
  }

  private func loss(_ output: Variable, _ sample: UpsamplingSample) -> Variable {
    weightedSum(
      of: settings.loss.terms.map { ($0.weight, value(of: $0.loss, output, sample)) })
  }

  private func value(
    of loss: UpsamplingLoss, _ output: Variable, _ sample: UpsamplingSample
  ) -> Variable {
    let valid = sample.valid
    switch loss {
    case .l2: return meanSquaredError(output, normalized(sample), valid: valid)
    case .rmse: return rootMeanSquaredError(raw(output, sample), sample.target, valid: valid)
    case .epe: return endPointError(raw(output, sample), sample.target, valid: valid)
    case .l1: return meanAbsoluteError(output, normalized(sample), valid: valid)
    case .charbonnier(let epsilon):
      return meanAbsoluteError(
        output, normalized(sample), valid: valid, epsilon: Float(epsilon))
    case .gradient: return gradientError(output, normalized(sample), valid: valid)
    }
  }

  private var published: PublishedResult? {
    Self.published(for: settings, in: configuration, on: dataset.description)
  }

  // MARK: - Predictions

  /// The header of `predictions.csv`.
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
  ) throws -> (output: Variable, errors: UpsamplingErrors) {
    let output = try output(sample, tape: tape)
    let errors = UpsamplingErrors(
      prediction: raw(Variable(output.value), sample).value, target: sample.target,
      valid: sample.valid)
    return (output, errors)
  }

  /// The network's normalised output at the target's size.
  ///
  /// If the factor does not divide the size of a whole image, the output is resized back to that
  /// size (docs/mathematics.md#low-resolution).
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
  /// The same task, made to show the predictions of others next to its own.
  public func besides(_ others: [UpsamplingTask]) throws -> UpsamplingTask {
    var task = self
    task.others = others
    return task
  }
}
