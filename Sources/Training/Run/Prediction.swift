import Autograd
import Data
import Distributed
import Foundation
import Models
import Tensors

/// Measures a network on the test split, shared among the ranks.
/// - Parameters:
///   - configuration: network, data, split.
///   - weights: a checkpoint, or a run folder of which the newest is taken; nil for a network without parameters.
///   - communicator: the ranks; all call it.
/// - Returns: every sample's error, the same on every rank whatever their number.
/// - Throws: on all ranks alike what went wrong on one of them.
public func evaluate(
  _ configuration: TrainingConfiguration, weights: String?, communicator: Communicator
) throws -> EvaluationResult {
  let (network, evaluator) = try communicator.together {
    let parts = try RunParts(configuration)
    try load(weights, into: parts)
    return (parts.network, try parts.evaluator(communicator))
  }
  return try evaluator(network)
}

/// Runs a network over the test split, shared among the ranks.
/// - Parameters:
///   - configuration: network, data, split.
///   - weights: as for `evaluate`.
///   - communicator: the ranks; all call it.
///   - each: called with every sample of this rank and the prediction in the target's unit and size.
/// - Throws: on all ranks alike what went wrong on one of them.
public func predictSplit(
  _ configuration: TrainingConfiguration, weights: String?, communicator: Communicator,
  each: (UpsamplingSample, Tensor) throws -> Void
) throws {
  try communicator.together {
    let parts = try RunParts(configuration)
    try load(weights, into: parts)
    let evaluator = try parts.evaluator(communicator)
    try evaluator.forEachSample { sample in
      try each(sample, try predict(parts.network, sample))
    }
  }
}

/// Loads parameters where the network has any.
private func load(_ weights: String?, into parts: RunParts) throws {
  let configuration = parts.configuration
  guard !parts.network.parameters.isEmpty else { return }
  guard let weights else {
    throw TrainingError.configuration(
      place: "--weights",
      problem: "missing; \(configuration.model.rawValue) has parameters: name a "
        + "checkpoint or a run folder")
  }
  let (checkpoint, file) = try checkpoint(at: weights)
  try ParameterSet(parts.network.parameters).load(
    checkpoint, model: configuration.model, factor: configuration.factor, file: file)
}

/// A checkpoint file, or the newest good one of a run folder.
private func checkpoint(at path: String) throws -> (Checkpoint, file: String) {
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
  else { return (try Checkpoint(reading: path), path) }
  let store = CheckpointStore(folder: "\(path)/checkpoints")
  guard let recovery = try store.latestGood() else {
    throw TrainingError.runFolder(
      path: path, problem: "holds no checkpoint; name a checkpoint or another run folder")
  }
  return (recovery.checkpoint, recovery.path)
}
