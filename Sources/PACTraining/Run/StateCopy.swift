import PACAutograd
import PACCheckpoints
import PACOptimizers
import PACTensors

/// Rank 0's copy of parameters and optimizer state, from which a checkpoint is written while training goes on.
///
/// Its memory is kept from one checkpoint to the next.
struct StateCopy {
  private var parameters = Tensor.zeros([0])
  private var optimizer = OptimizerState(stepCount: 0, slots: [:])

  /// Copies the state between two steps; all ranks call it together.
  ///
  /// The first time takes longer, because the copies' memory is new.
  /// - Throws: `DistributedError` if MPI reports an error.
  mutating func update(from step: ParallelStep, isRankZero: Bool) throws {
    try step.gatherOptimizerState(into: &optimizer)
    if isRankZero { parameters.copy(from: step.parameters.values) }
  }

  /// Everything needed to go on from here.
  ///
  /// Once nothing holds on to the checkpoint, its memory serves the next one.
  func checkpoint(
    of set: ParameterSet, at position: RunPosition, _ configuration: TrainingConfiguration,
    _ metrics: [Metric], _ arithmetic: Arithmetic
  ) -> Checkpoint {
    Checkpoint(
      epoch: position.epoch, step: position.step, stepInEpoch: position.stepInEpoch,
      seed: configuration.seed, network: configuration.settings.label,
      configuration: configuration.yaml,
      parameters: set.entries.map {
        NamedTensor(
          name: $0.name, value: parameters.slice(from: $0.range.lowerBound, $0.parameter.shape))
      },
      optimizer: configuration.optimizer.description, optimizerState: optimizer,
      runningSums: position.sums(metrics), arithmetic: arithmetic)
  }
}
