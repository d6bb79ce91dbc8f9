import PACAutograd
import PACData
import PACLayers
import PACModels
import PACTensors

/// Joint upsampling: a network enlarges a low-resolution map with the help of a colour image (spec, sections 3 and 4).
struct UpsamplingTask: TrainingTask {
  let configuration: TrainingConfiguration
  let network: any JointUpsampler
  private let dataset: DatasetReader
  /// Networks whose predictions are shown beside this one's, by their names.
  private var others: [UpsamplingTask] = []

  /// Opens the dataset and makes the network.
  /// - Throws: one line about what the user can mend.
  init(_ configuration: TrainingConfiguration, _ name: UpsamplerName) throws {
    self.configuration = configuration
    dataset = try DatasetReader(configuration.data)
    network = try makeUpsampler(
      name, factor: configuration.factor,
      initialization: configuration.initialValues, seed: UInt64(configuration.seed))
  }

  var parameters: [(name: String, parameter: Parameter)] { network.parameters }

  private var target: UpsamplingTarget { configuration.target == .flow ? .flow : .depth }

  // MARK: - Samples

  func trainingSource() throws -> UpsamplingSource { try source(try trainingIndices(dataset)) }

  func testSource() throws -> UpsamplingSource { try source(try testIndices(dataset)) }

  private func source(_ part: (split: String, indices: [Int])) throws -> UpsamplingSource {
    try UpsamplingSource(
      dataset, split: part.split, indices: part.indices,
      maker: UpsamplingSampleMaker(
        target: target, factor: configuration.factor, crop: configuration.cropSize,
        lowResolutionMode: configuration.lowResolution, border: configuration.border,
        flipProbability: configuration.flip ? 0.5 : 0))
  }

  // MARK: - Loss and measures

  var measures: [Measure] {
    switch target {
    case .depth: [Measure(name: "rmse", unit: reporting.unit)]
    case .flow: [Measure(name: "rmse", unit: "px"), Measure(name: "epe", unit: "px")]
    }
  }

  private var reporting: Reporting {
    target == .depth ? Reporting(dataset.depthUnit) : Reporting(.unitless)
  }

  func loss(
    of sample: UpsamplingSample, epoch: Int, tape: Tape
  ) throws -> (loss: Variable, values: [Double]) {
    let (output, measure) = try run(sample, tape: tape)
    return (loss(output, sample), values(measure).map { $0 ?? 0 })
  }

  func figures(of sample: UpsamplingSample) throws -> [Double] {
    let (output, measure) = try run(sample, tape: nil)
    let values = values(measure)
    guard values.allSatisfy({ $0?.isFinite ?? true }) else {
      throw TrainingError.diverged(sample: sample.name, loss: .nan)
    }
    return [Double(loss(output, sample).value.scalar)] + values.map { $0 ?? .nan }
  }

  func result(of samples: [(name: String, figures: [Double])]) -> EvaluationResult {
    EvaluationResult(
      meansOf: samples.map { name, figures in
        SampleMeasure(
          name: name, loss: figures[0],
          values: figures.dropFirst().map { $0.isNaN ? nil : $0 })
      }, measures: measures)
  }

  /// A value for each of `measures`, nil if no pixel counts.
  private func values(_ measure: UpsamplingMeasure) -> [Double?] {
    let root = measure.rootMeanSquare.map { $0 * reporting.scale }
    return target == .depth ? [root] : [root, measure.endPointError]
  }

  /// What is minimised: `l2`, the mean square of normalised values; `rmse` and `epe`, of raw values root mean square and mean
  /// length of the difference.
  private func loss(_ output: Variable, _ sample: UpsamplingSample) -> Variable {
    switch configuration.loss {
    case .l2: meanSquaredError(output, normalized(sample), valid: sample.valid)
    case .rmse: rootMeanSquaredError(raw(output, sample), sample.target, valid: sample.valid)
    case .epe: endPointError(raw(output, sample), sample.target, valid: sample.valid)
    case .crossEntropy, .focused:
      preconditionFailure("\(configuration.loss) of an upsampling network")
    }
  }

  // MARK: - Predictions

  func besides(_ others: [any TrainingTask]) throws -> UpsamplingTask {
    var task = self
    task.others = try others.map { other in
      guard let other = other as? UpsamplingTask else {
        throw TrainingError.configuration(
          place: "--compare", problem: "only upsampling networks can be compared with one")
      }
      return other
    }
    return task
  }

  var predictionColumns: String { writer(to: "").columns }

  func writePrediction(of sample: UpsamplingSample, to folder: String) throws -> String {
    try writer(to: folder).write(
      try prediction(of: sample), others: try others.map { try $0.prediction(of: sample) },
      of: sample)
  }

  private func writer(to folder: String) -> PredictionWriter {
    PredictionWriter(
      folder: folder, target: target, unit: dataset.depthUnit,
      others: others.map { $0.configuration.model.rawValue })
  }

  private func prediction(of sample: UpsamplingSample) throws -> Tensor {
    raw(try output(sample, tape: nil), sample).value
  }

  // MARK: - Network

  private func run(
    _ sample: UpsamplingSample, tape: Tape?
  ) throws -> (output: Variable, measure: UpsamplingMeasure) {
    let output = try output(sample, tape: tape)
    let measure = UpsamplingMeasure(
      prediction: raw(Variable(output.value), sample).value, target: sample.target,
      valid: sample.valid)
    return (output, measure)
  }

  /// The network's output, normalised, in the target's size.
  ///
  /// Where the factor does not divide the size of a whole image, the output is resized back to the target's (spec,
  /// section 4).
  private func output(_ sample: UpsamplingSample, tape: Tape?) throws -> Variable {
    let guide = configuration.zeroGuidance ? Tensor.zeros(sample.guide.shape) : sample.guide
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
