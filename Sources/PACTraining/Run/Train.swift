import Foundation
import Logging
import PACAutograd
import PACCheckpoints
import PACConfiguration
import PACData
import PACDistributed
import PACWeights

/// Trains a network, from the newest checkpoint of the run folder or from the beginning; all ranks
/// call it.
/// - Parameters:
///   - configuration: what to train, and how.
///   - tasks: the tasks that the configuration was read for.
///   - communicator: the ranks.
///   - logger: receives messages and warnings; only rank 0's is used.
///   - arithmetic: what this rank computes with; it is recorded in checkpoints.
///   - environment: what else this process computes with; rank 0's is recorded in the run folder.
///   - terminal: whether standard error is a terminal, on which one progress line is kept up to
///     date.
///   - timeline: records what the time is spent on.
/// - Returns: the measures of the last and the best weights, and the paths of their checkpoints.
/// - Throws: the error of any rank, on all ranks alike.
public func train(
  _ configuration: TrainingConfiguration, tasks: TaskList, communicator: Communicator,
  logger: Logger,
  arithmetic: Arithmetic, environment: RunEnvironment, terminal: Bool, timeline: Timeline? = nil
) throws -> RunResult {
  func run(_ task: some TrainingTask) throws -> RunResult {
    let report = RunReport(
      configuration, logger: logger, terminal: terminal, isRankZero: communicator.isRankZero)
    let record = EnvironmentRecord(
      environment: environment, arithmetic: arithmetic,
      hosts: try communicator.allGather(ProcessInfo.processInfo.hostName),
      data: configuration.data, checksum: dataset.checksum)
    return try TrainingRun(
      task, communicator: communicator, report: report, environment: record, timeline: timeline
    ).run()
  }
  let dataset = try requireSameJob(configuration, communicator)
  if let remark = dataset.remark, communicator.isRankZero { logger.warning("\(remark)") }
  let task = try communicator.together { try trainableTask(configuration, tasks) }
  let notes = try communicator.onRankZero { try readInitialWeights(of: task) }
  for note in notes ?? [] { logger.info("\(note)") }
  try communicator.distribute(task.fixedParameters)
  return try run(task)
}

/// Makes the task of a run and opens its dataset.
/// - Throws: `ConfigurationError` if its network cannot be trained, or the task's error.
func trainableTask(
  _ configuration: TrainingConfiguration, _ tasks: TaskList
) throws -> any TrainingTask {
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
      place: "model", problem: "\(model) has no parameters to train; use pac evaluate")
  }
  return task
}

extension TrainingConfiguration {
  /// Whether the run folder has no checkpoint yet.
  var isNewRun: Bool {
    get throws { try CheckpointStore(folder: "\(run)/checkpoints").steps().isEmpty }
  }
}

/// Loads the weights that the configuration names, except those that a checkpoint will replace.
/// - Returns: notes for the user.
private func readInitialWeights(of task: any TrainingTask) throws -> [String] {
  let configuration = task.configuration
  let isNew = try configuration.isNewRun
  let ofParts = try task.readParts(isReplaced: !isNew)
  guard isNew, let path = configuration.weights, !task.parameters.isEmpty else { return ofParts }
  let weights = try NetworkWeights(reading: path)
  let notes = try task.loadInitial(weights)
  return ofParts + ["initial weights from \(weights.path) (\(weights.kind))"] + notes
}
