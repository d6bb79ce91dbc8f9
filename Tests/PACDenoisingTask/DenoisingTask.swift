import PACAutograd
import PACData
import PACImageFiles
import PACLayers
import PACTensors
import PACTraining

/// Guided denoising: noisy depth and a colour image → clean depth.
struct DenoisingTask: PredictingTask {
  let configuration: TrainingConfiguration
  private let settings: DenoisingSettings
  private let network: GuidedDenoiser
  private let dataset: DatasetReader

  init(_ configuration: TrainingConfiguration, _ settings: DenoisingSettings) throws {
    self.configuration = configuration
    self.settings = settings
    dataset = try DatasetReader(configuration.data)
    network = try GuidedDenoiser(
      channels: settings.channels, seed: UInt64(configuration.seed))
  }

  var parameters: [(name: String, parameter: Parameter)] { network.parameters }

  // MARK: - Samples

  func trainingSource() throws -> SceneSource<DenoisingSampleMaker> {
    try source(try trainingIndices(dataset))
  }

  func testSource() throws -> SceneSource<DenoisingSampleMaker> {
    try source(try testIndices(dataset))
  }

  func validationSource() throws -> SceneSource<DenoisingSampleMaker> {
    try source(try validationIndices(dataset))
  }

  private func source(
    _ part: (split: String, indices: [Int])
  ) throws -> SceneSource<DenoisingSampleMaker> {
    try SceneSource(
      dataset, split: part.split, indices: part.indices,
      maker: DenoisingSampleMaker(noise: Float(settings.noise), crop: settings.cropSize))
  }

  // MARK: - Loss and metrics

  var metrics: [Metric] {
    [Metric(name: "rmse", unit: unit), Metric(name: "noise", unit: unit)]
  }

  private var unit: String { dataset.depthUnit == .metre ? "m" : "" }

  func loss(
    of sample: DenoisingSample, epoch: Int, tape: Tape
  ) throws -> (loss: Variable, values: [Double]) {
    let output = try output(sample, tape: tape)
    let loss = meanSquaredError(output, sample.clean, valid: sample.valid)
    return (loss, values(output.value, sample).map { $0 ?? 0 })
  }

  func figures(of sample: DenoisingSample) throws -> [Double] {
    let output = try output(sample, tape: nil)
    guard output.value.elements.allSatisfy(\.isFinite) else {
      throw TrainingError.diverged(sample: sample.name, loss: .nan)
    }
    let loss = meanSquaredError(output, sample.clean, valid: sample.valid).value.scalar
    return [Double(loss)] + values(output.value, sample).map { $0 ?? .nan }
  }

  func result(of samples: [(name: String, figures: [Double])]) -> EvaluationResult {
    EvaluationResult(
      meansOf: samples.map { name, figures in
        SampleMetrics(
          name: name, loss: figures[0],
          values: figures.dropFirst().map { $0.isNaN ? nil : $0 })
      }, metrics: metrics)
  }

  /// The RMSE of the prediction and of its input; nil if no pixel is valid.
  private func values(_ prediction: Tensor, _ sample: DenoisingSample) -> [Double?] {
    let valid = sample.valid.elements
    return [prediction, sample.noisy].map { map in
      var (sum, count) = (0.0, 0)
      for (pixel, (found, truth)) in zip(map.elements, sample.clean.elements).enumerated()
      where valid[pixel] != 0 {
        sum += Double(found - truth) * Double(found - truth)
        count += 1
      }
      return count == 0 ? nil : (sum / Double(count)).squareRoot() * Double(sample.scale)
    }
  }

  private func output(_ sample: DenoisingSample, tape: Tape?) throws -> Variable {
    try network(Variable(sample.noisy, tape: tape), guide: Variable(sample.guide, tape: tape))
  }

  // MARK: - Predictions

  var predictionColumns: String { "name,picture,rmse,noise" }

  /// Writes a grey picture: input, prediction and ground truth side by side.
  func writePrediction(of sample: DenoisingSample, to folder: String) throws -> String {
    let prediction = try output(sample, tape: nil).value
    let (height, width) = (sample.clean.shape.height, sample.clean.shape.width)
    let maps = [sample.noisy, prediction, sample.clean].map(\.elements)
    let samples = (0..<height).flatMap { y in
      maps.flatMap { map in
        map[y * width..<(y + 1) * width].map { UInt16((min(max($0, 0), 1) * 255).rounded()) }
      }
    }
    try makePredictionFolder("\(folder)/pictures")
    let file = "pictures/\(distinctFileName(sample.name, limit: 100)).png"
    try PNG.write(
      Raster(width: 3 * width, height: height, channels: 1, samples: samples),
      to: "\(folder)/\(file)")
    let numbers = values(prediction, sample).map { $0.map { "\($0)" } ?? "" }
    return ([sample.name, file] + numbers).joined(separator: ",")
  }
}
