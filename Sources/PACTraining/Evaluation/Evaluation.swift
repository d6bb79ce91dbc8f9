import PACAutograd
import PACCheckpoints
import PACConfiguration
import PACDistributed
import PACWeights

/// Evaluates a network on the test split, whose samples the ranks share; all ranks call it.
/// - Parameters:
///   - configuration: the network, the dataset and the split.
///   - tasks: the tasks that the configuration was read for.
///   - weights: a file of weights in any format, or one of a run folder, see `RunWeights`; nil for
///     a network without parameters.
///   - communicator: the ranks.
///   - note: called on rank 0 with what was chosen from the weights or left out.
/// - Returns: the metrics of every sample and of the split: equal on all ranks, and for any number
///   of ranks.
/// - Throws: the error of any rank, on all ranks alike.
public func evaluate(
  _ configuration: TrainingConfiguration, tasks: TaskList, weights: String?,
  communicator: Communicator,
  note: (String) -> Void = { _ in }
) throws -> EvaluationResult {
  func run(_ task: some TrainingTask) throws -> EvaluationResult {
    let (evaluator, remark) = try communicator.together {
      let source = try task.testSource()
      return (
        try Evaluator(task, source, communicator: communicator), task.testRemark(source.reader)
      )
    }
    if let remark, communicator.isRankZero { note(remark) }
    return try evaluator()
  }
  let remark = try requireSameJob(configuration, communicator).remark
  if let remark, communicator.isRankZero { note(remark) }
  let task = try loadedTask(configuration, tasks, weights, communicator, note)
  return try run(task)
}

/// Makes the task and loads its network's parameters, if it has any, from `weights`; all ranks call
/// it.
///
/// Only rank 0 reads files; the parameters are broadcast.
func loadedTask(
  _ configuration: TrainingConfiguration, _ tasks: TaskList, _ weights: String?,
  _ communicator: Communicator, _ note: (String) -> Void
) throws -> any TrainingTask {
  let task = try communicator.together { try tasks.makeTask(configuration) }
  let notes = try communicator.onRankZero { () -> [String] in
    let ofParts = try task.readParts(isReplaced: true)
    guard !task.parameters.isEmpty else { return ofParts }
    guard let weights else {
      throw ConfigurationError(
        place: "--weights",
        problem: "missing; \(configuration.model) has parameters: give a "
          + "checkpoint, a run folder or a file of weights (.pth, .safetensors)")
    }
    return ofParts + (try task.load(NetworkWeights(reading: weights)))
  }
  try communicator.distribute(task.fixedParameters + task.parameters)
  for text in notes ?? [] { note(text) }
  return task
}
