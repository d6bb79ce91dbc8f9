import PACAutograd
import PACCheckpoints
import PACOptimizers
import PACTensors

/// Rank 0's copy of parameters and optimizer state, from which a checkpoint is written while
/// training continues.
///
/// Its memory is reused from one checkpoint to the next.
struct StateCopy {
  private var parameters = Tensor.zeros([0])
  private var optimizer = OptimizerState(stepCount: 0, slots: [:])

  /// Copies the state between two steps; all ranks call it together.
  ///
  /// The first call takes longer, because it allocates the memory.
  /// - Throws: `DistributedError` if MPI reports an error.
  mutating func update(from step: ParallelStep, isRankZero: Bool) throws {
    try step.gatherOptimizerState(into: &optimizer)
    if isRankZero { parameters.copy(from: step.parameters.values) }
  }

  /// A checkpoint with everything needed to resume from here.
  ///
  /// Its memory is reused for the next one as soon as nothing references it.
  func checkpoint(
    of set: TrainedParameters, at position: RunPosition, _ configuration: TrainingConfiguration,
    _ metrics: [Metric], _ arithmetic: Arithmetic, dataset: String?
  ) -> Checkpoint {
    let ranges = Dictionary(set.set.entries.map { ($0.name, $0.range) }) { first, _ in first }
    return Checkpoint(
      epoch: position.epoch, step: position.step, stepInEpoch: position.stepInEpoch,
      seed: configuration.seed, network: configuration.settings.label,
      configuration: configuration.yaml,
      // Frozen parameters never change, so that they need no copy.
      parameters: set.all.map { name, parameter in
        NamedTensor(
          name: name,
          value: ranges[name].map { parameters.slice(from: $0.lowerBound, parameter.shape) }
            ?? parameter.value)
      },
      frozen: set.frozen.map(\.name),
      optimizer: configuration.optimizer.description, optimizerState: optimizer,
      runningSums: position.sums(metrics), validation: position.validation, arithmetic: arithmetic,
      dataset: dataset)
  }
}
