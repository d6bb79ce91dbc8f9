import PACAutograd
import PACCheckpoints
import PACConfiguration
import PACDistributed
import PACWeights

/// Evaluates a network on the test split, shared among the ranks.
/// - Parameters:
///   - configuration: network, data, split.
///   - tasks: the tasks among which the configuration chose.
///   - weights: a file of weights of any format, or a run folder of which the newest checkpoint is taken; nil for a
///     network without parameters.
///   - communicator: the ranks; all call it.
///   - note: told what of the weights was chosen or left out, on rank 0.
/// - Returns: every sample's error, the same on every rank whatever their number.
/// - Throws: on all ranks alike what went wrong on one of them.
public func evaluate(
  _ configuration: TrainingConfiguration, tasks: TaskList, weights: String?,
  communicator: Communicator,
  note: (String) -> Void = { _ in }
) throws -> EvaluationResult {
  func measure(_ task: some TrainingTask) throws -> EvaluationResult {
    try communicator.together { try Evaluator(task, communicator: communicator) }()
  }
  try requireSameJob(configuration, communicator)
  let task = try loadedTask(configuration, tasks, weights, communicator, note)
  return try measure(task)
}

/// A task whose network has its parameters from `weights`, where it has any; all ranks call it.
///
/// Rank 0 alone reads files, and gives the others what they hold.
func loadedTask(
  _ configuration: TrainingConfiguration, _ tasks: TaskList, _ weights: String?,
  _ communicator: Communicator, _ note: (String) -> Void
) throws -> any TrainingTask {
  let task = try communicator.together { try tasks.makeTask(configuration) }
  let notes = try communicator.onRankZero { () -> [String] in
    try task.readParts(isReplaced: true)
    guard !task.parameters.isEmpty else { return [] }
    guard let weights else {
      throw ConfigurationError(
        place: "--weights",
        problem: "missing; \(configuration.model) has parameters: name a "
          + "checkpoint, a run folder or a file of weights (.pth, .safetensors)")
    }
    return try task.load(NetworkWeights(reading: weights))
  }
  try communicator.distribute(task.fixedParameters + task.parameters)
  for text in notes ?? [] { note(text) }
  return task
}
