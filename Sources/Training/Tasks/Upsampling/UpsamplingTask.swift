import Autograd
import Data
import Layers
import Models
import Tensors

/// Joint upsampling: a network enlarges a low-resolution map with the help of a colour image (spec, sections 3 and 4).
struct UpsamplingTask: TrainingTask {
  let configuration: TrainingConfiguration
  let network: any JointUpsampler
  private let dataset: DatasetReader

  /// Opens the dataset and makes the network.
  /// - Throws: one line about what the user can mend.
  init(_ configuration: TrainingConfiguration) throws {
    self.configuration = configuration
    dataset = try DatasetReader(configuration.data)
    network = try makeUpsampler(
      configuration.model, factor: configuration.factor,
      initialization: configuration.initialValues, seed: UInt64(configuration.seed))
  }

  var parameters: [(name: String, parameter: Parameter)] { network.parameters }

  // MARK: - Samples

  func trainingSource() throws -> UpsamplingSource { try source(try trainingIndices(dataset)) }

  func testSource() throws -> UpsamplingSource { try source(try testIndices(dataset)) }

  private func source(_ part: (split: String, indices: [Int])) throws -> UpsamplingSource {
    try UpsamplingSource(
      dataset, split: part.split, indices: part.indices,
      maker: UpsamplingSampleMaker(
        factor: configuration.factor, crop: configuration.cropSize,
        lowResolutionMode: configuration.lowResolution, border: configuration.border,
        flipProbability: configuration.flip ? 0.5 : 0))
  }

  // MARK: - Measures

  var measures: [Measure] { [Measure(name: "rmse", unit: reporting.unit)] }

  private var reporting: Reporting { Reporting(dataset.depthUnit) }

  func figures(of sample: UpsamplingSample) throws -> [Double] {
    let measure = UpsamplingMeasure(
      prediction: try predict(sample), target: sample.target, valid: sample.valid)
    guard let root = measure.rootMeanSquare else { return [0, .nan] }
    guard root.isFinite else { throw TrainingError.diverged(sample: sample.name, loss: .nan) }
    // Both losses follow from the squared error.
    let normalized = root / Double(sample.normalisation[0].scale)
    let loss = configuration.loss == .l2 ? normalized * normalized : root
    return [loss, root * reporting.scale]
  }

  func result(of samples: [(name: String, figures: [Double])]) -> EvaluationResult {
    EvaluationResult(
      meansOf: samples.map { name, figures in
        SampleMeasure(
          name: name, loss: figures[0],
          values: figures.dropFirst().map { $0.isNaN ? nil : $0 })
      }, measures: measures)
  }

  // MARK: - Predictions

  var predictionColumns: String { PredictionFiles.columns }

  func writePrediction(of sample: UpsamplingSample, to folder: String) throws -> String {
    try PredictionFiles(
      writing: try predict(sample), of: sample, unit: dataset.depthUnit, to: folder
    ).row
  }

  /// The network's output for a whole image, in the target's unit and size.
  ///
  /// Where the factor does not divide the size, the output is resized back to the target's (spec, section 4).
  private func predict(_ sample: UpsamplingSample) throws -> Tensor {
    let output = try network(Variable(sample.low), guide: Variable(sample.guide))
    let shape = sample.target.shape
    return raw(resizeBilinear(output, height: shape.height, width: shape.width), sample).value
  }

  // MARK: - Loss

  /// Runs the network on a sample.
  ///
  /// - `l2`: mean square of normalised values. `rmse`: root mean square of raw values.
  func loss(
    of sample: UpsamplingSample, epoch: Int, tape: Tape
  ) throws -> (loss: Variable, values: [Double]) {
    let output = try network(
      Variable(sample.low, tape: tape), guide: Variable(sample.guide, tape: tape))
    let prediction = raw(output, sample)
    let measure = UpsamplingMeasure(
      prediction: prediction.value, target: sample.target, valid: sample.valid)
    let loss =
      switch configuration.loss {
      case .l2: meanSquaredError(output, normalized(sample), valid: sample.valid)
      case .rmse: rootMeanSquaredError(prediction, sample.target, valid: sample.valid)
      }
    return (loss, [(measure.rootMeanSquare ?? 0) * reporting.scale])
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
