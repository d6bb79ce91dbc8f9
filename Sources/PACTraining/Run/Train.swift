import Foundation
import Logging
import PACAutograd
import PACCheckpoints
import PACConfiguration
import PACData
import PACDistributed
import PACWeights

/// Trains what a configuration names, from the newest checkpoint of its run folder or from the beginning; all ranks call it.
/// - Parameters:
///   - configuration: what to do.
///   - tasks: the tasks among which the configuration chose.
///   - communicator: the ranks.
///   - logger: for warnings and the start of a run; only rank 0's is used.
///   - arithmetic: what this rank computes with; checkpoints keep it.
///   - terminal: whether a person watches: then one line of progress is kept up to date.
///   - timeline: where to note what the time is spent on.
/// - Returns: the last measurement on the test split, and the last checkpoint's path.
/// - Throws: on all ranks alike what went wrong on one of them.
public func train(
  _ configuration: TrainingConfiguration, tasks: TaskList, communicator: Communicator,
  logger: Logger,
  arithmetic: Arithmetic, terminal: Bool, timeline: Timeline? = nil
) throws -> RunResult {
  func run(_ task: some TrainingTask) throws -> RunResult {
    let report = RunReport(
      configuration, logger: logger, terminal: terminal, isRankZero: communicator.isRankZero)
    return try TrainingRun(
      task, communicator: communicator, report: report, arithmetic: arithmetic, timeline: timeline
    ).run()
  }
  try requireSameJob(configuration, communicator)
  let task = try communicator.together {
    let (model, trainable) = (configuration.model, configuration.settings.trainableModel)
    guard model == trainable else {
      throw ConfigurationError(
        place: "model",
        problem: "\(model) is for inference only; train \(trainable), then give "
          + "its weights to pac evaluate or pac predict")
    }
    let task = try tasks.makeTask(configuration)
    guard !task.parameters.isEmpty else {
      throw ConfigurationError(
        place: "model",
        problem:
          "\(configuration.model) has no parameters to train; measure it with pac evaluate"
      )
    }
    return task
  }
  let notes = try communicator.onRankZero { try readInitialWeights(of: task) }
  for note in notes ?? [] { logger.info("\(note)") }
  try communicator.distribute(task.fixedParameters)
  return try run(task)
}

/// Reads the weights that the configuration names, as far as a checkpoint does not replace them.
/// - Returns: what to tell the user.
private func readInitialWeights(of task: any TrainingTask) throws -> [String] {
  let configuration = task.configuration
  let isNew = try CheckpointStore(folder: "\(configuration.run)/checkpoints").steps().isEmpty
  try task.readParts(isReplaced: !isNew)
  guard isNew, let path = configuration.weights, !task.parameters.isEmpty else { return [] }
  let weights = try NetworkWeights(reading: path)
  let notes = try task.start(from: weights)
  return ["initial weights from \(weights.path) (\(weights.kind))"] + notes
}
