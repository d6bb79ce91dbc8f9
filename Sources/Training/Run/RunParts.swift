import Data
import Distributed
import Models

/// What a configuration names, opened and checked before anything is computed.
struct RunParts {
  let configuration: TrainingConfiguration
  let dataset: DatasetReader
  let network: any JointUpsampler

  /// Opens the dataset and makes the network.
  /// - Throws: one line about what the user can mend.
  init(_ configuration: TrainingConfiguration) throws {
    self.configuration = configuration
    dataset = try DatasetReader(configuration.data)
    network = try makeUpsampler(
      configuration.model, factor: configuration.factor,
      initialization: configuration.initialValues, seed: UInt64(configuration.seed))
  }

  /// The samples to train on: the training split without the end that is set aside for validation.
  func trainingSource() throws -> UpsamplingSource {
    let split = try dataset.split(configuration.trainSplit)
    return try source(configuration.trainSplit, Array(split.prefix(trainingCount(of: split))))
  }

  /// The samples to measure on: the test split, or with `val-ratio` the end of the training split.
  func testSource() throws -> UpsamplingSource {
    guard configuration.validationRatio > 0 else {
      return try source(configuration.testSplit, try dataset.split(configuration.testSplit))
    }
    let split = try dataset.split(configuration.trainSplit)
    return try source(
      "\(configuration.trainSplit), its part for validation",
      Array(split.dropFirst(trainingCount(of: split))))
  }

  private func trainingCount(of split: [Int]) -> Int {
    split.count - Int(Double(split.count) * configuration.validationRatio)
  }

  private func source(_ split: String, _ indices: [Int]) throws -> UpsamplingSource {
    try UpsamplingSource(
      dataset, split: split, indices: indices,
      maker: UpsamplingSampleMaker(
        factor: configuration.factor, crop: configuration.cropSize,
        lowResolutionMode: configuration.lowResolution, border: configuration.border,
        flipProbability: configuration.flip ? 0.5 : 0))
  }

  /// Measures on the test samples.
  func evaluator(_ communicator: Communicator) throws -> Evaluator {
    Evaluator(
      source: try testSource(), objective: Objective(loss: configuration.loss),
      communicator: communicator)
  }
}
