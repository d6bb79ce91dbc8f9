import PACAutograd
import PACData
import PACDistributed
import PACTensors

/// Sums over the samples of one global batch.
struct StepSums {
  var samples = 0
  var loss = 0.0
  /// One for each measure of the task.
  var values: [Double] = []
  /// Whether any rank asked to stop after this step.
  var stop = false
}

/// One replica of the network, its optimiser, and the step that all ranks take together.
final class Trainer<Task: TrainingTask> {
  let parameters: ParameterSet
  private let task: Task
  private let parallelStep: ParallelStep
  private let isLeader: Bool
  /// The leader's copy of parameters and optimiser state, from which checkpoints are written; kept from one to the next.
  private var copies = (
    parameters: Tensor.zeros([0]), optimizer: OptimizerState(stepCount: 0, slots: [:])
  )

  init(_ task: Task, communicator: Communicator, timeline: Timeline?) {
    self.task = task
    self.parameters = ParameterSet(task.parameters)
    isLeader = communicator.isLeader
    parallelStep = ParallelStep(
      parameters, order: task.configuration.reduction, communicator: communicator,
      timeline: timeline, makeOptimizer: task.configuration.makeOptimizer(count:))
  }

  /// Forward, backward, reduction, optimiser; see `ParallelStep`.
  /// - Parameters:
  ///   - epoch: the present epoch.
  ///   - shards: every rank's positions within the global batch.
  ///   - learningRate: the optimiser's.
  ///   - stopping: whether this rank wants to stop after the step.
  ///   - next: delivers this rank's samples one after the other.
  /// - Returns: sums over the global batch, the same on every rank.
  /// - Throws: on all ranks alike what went wrong on one of them.
  func step(
    epoch: Int, shards: [Range<Int>], learningRate: Double, stopping: Bool,
    next: () throws -> Task.Source.Case?
  ) throws -> StepSums {
    let sums = try parallelStep(
      shards: shards, learningRate: learningRate, stopping: stopping,
      next: {
        guard let sample = try next() else { preconditionFailure("the plan has more samples") }
        return sample
      },
      forward: { sample, tape in
        let (loss, values) = try task.loss(of: sample, epoch: epoch, tape: tape)
        return ParallelStep.Outcome(
          loss: loss, figures: [Double(loss.value.scalar)] + values, name: sample.name)
      })
    return StepSums(
      samples: shards.last?.upperBound ?? 0, loss: sums.figures[0],
      values: Array(sums.figures.dropFirst()), stop: sums.stop)
  }

  // MARK: - Checkpoints

  /// Copies parameters and optimiser state for a checkpoint; all ranks call it together.
  ///
  /// The first time takes longer, because the copies' memory is new.
  /// - Throws: `DistributedError` if MPI reports an error.
  func copyState() throws {
    try parallelStep.gatherOptimizerState(into: &copies.optimizer)
    if isLeader { copies.parameters.copy(from: parameters.values) }
  }

  /// Everything needed to go on from here, copied; all ranks call it together.
  ///
  /// Once nothing holds on to the checkpoint before, its memory serves this one.
  /// - Returns: nil but on the leader.
  func checkpoint(_ progress: RunPosition, _ arithmetic: Arithmetic) throws -> Checkpoint? {
    try copyState()
    guard isLeader else { return nil }
    let configuration = task.configuration
    return Checkpoint(
      epoch: progress.epoch, step: progress.step, stepInEpoch: progress.stepInEpoch,
      seed: configuration.seed, model: configuration.model.rawValue, factor: configuration.factor,
      configuration: configuration.yaml,
      parameters: parameters.entries.map {
        NamedTensor(
          name: $0.name,
          value: copies.parameters.slice(from: $0.range.lowerBound, $0.parameter.shape))
      },
      optimizer: configuration.optimizer.rawValue, optimizerState: copies.optimizer,
      runningSums: progress.sums(task.measures), arithmetic: arithmetic)
  }

  /// Takes over the optimiser state that the leader passes; all ranks call it together.
  func distribute(_ state: OptimizerState?) throws { try parallelStep.distribute(state) }
}
