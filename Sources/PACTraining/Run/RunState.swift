import PACAutograd
import PACCheckpoints
import PACConfiguration
import PACData
import PACDistributed

/// How far a run has got, as its run folder says.
public struct RunState: Sendable, Equatable {
  /// The number of finished epochs.
  public let epoch: Int
  /// The number of optimizer steps.
  public let step: Int
  /// The newest intact checkpoint.
  public let checkpoint: String
  /// What the run last computed with; nil if the checkpoint does not state it.
  public let arithmetic: Arithmetic?
  /// Whether it has reached its epochs, or its limit of `steps`.
  public let isFinished: Bool
}

extension TrainingConfiguration {
  /// Reads how far the run of this configuration has got.
  /// - Returns: its state; nil if it has no checkpoint yet.
  /// - Throws: `CheckpointError` if the run folder belongs to a run with other settings, holds more
  ///   epochs than this configuration, or cannot be read.
  public func runState() throws -> RunState? {
    let store = CheckpointStore(folder: "\(run)/checkpoints")
    guard let recovery = try store.latestGood() else { return nil }
    let checkpoint = recovery.checkpoint
    // A dataset that cannot be opened is reported when it is used.
    let dataset = try? DatasetReader(data).checksum
    try checkpoint.requireSameRun(as: self, dataset: dataset, file: recovery.path)
    guard checkpoint.epoch <= epochs else {
      throw CheckpointError(
        file: recovery.path,
        fault: .otherRun(changes: ["epochs: \(epochs), has trained \(checkpoint.epoch)"]))
    }
    return RunState(
      epoch: checkpoint.finishedEpochs, step: checkpoint.step, checkpoint: recovery.path,
      arithmetic: checkpoint.arithmetic,
      isFinished: checkpoint.finishedEpochs == epochs
        || steps.map { checkpoint.step >= $0 } ?? false)
  }
}

extension Checkpoint {
  /// The number of finished epochs; a run that was stopped after the last step of an epoch has
  /// finished it, too.
  fileprivate var finishedEpochs: Int {
    guard epoch > 0, stepInEpoch == (step - stepInEpoch) / epoch else { return epoch }
    return epoch + 1
  }
}

/// The work of a whole run, and how long its parts take here.
public struct RunMeasurement: Sendable {
  /// The optimizer steps of the whole run.
  public let steps: Int
  /// The seconds of one step.
  public let secondsPerStep: Double
  /// The samples that are evaluated, over all evaluations of the run.
  public let evaluatedSamples: Int
  /// The seconds to evaluate one sample.
  public let secondsPerEvaluation: Double
}

/// Measures a step and an evaluation of a run in this process; nothing is written.
///
/// The step has real samples, but the network keeps its initial parameters. Ranks are not started:
/// a step on several ranks counts as the share of the rank that has most samples.
/// - Parameters:
///   - configuration: the run.
///   - tasks: the tasks that the configuration was read for.
///   - ranks: the ranks that would share each batch.
/// - Returns: the median of three steps, and the time of one evaluation after another.
/// - Throws: an error of one line that the user can fix.
public func measureRun(
  _ configuration: TrainingConfiguration, tasks: TaskList, ranks: Int
) throws -> RunMeasurement {
  func measure(_ task: some TrainingTask) throws -> RunMeasurement {
    let source = try task.trainingSource()
    let test = try task.testSource()
    let plan = try GlobalBatchPlan(
      sampleCount: source.count, globalBatchSize: configuration.globalBatchSize, worldSize: ranks,
      source: source.name)
    try source.checkSizes(isCropped: true)
    let share = (0..<ranks).map { plan.shard(step: 0, rank: $0).count }.max() ?? 1
    let parameters = TrainedParameters(
      try ResolvedRules(task.parameters, configuration.parameterRules, of: configuration.model))
    let step = ParallelStep(
      parameters.set, groups: parameters.groups, order: configuration.reduction,
      communicator: .alone(),
      makeOptimizer: { configuration.optimizer(count: $0, configuration.optimizerSettings) })
    var next = 0
    let times = try (0..<4).map { _ in
      try seconds {
        _ = try step(
          // The parameters keep their values, so that no step is unlike the first.
          shards: [0..<share], learningRate: 0,
          next: {
            defer { next += 1 }
            return try source.trainingSample(
              at: next % source.count, seed: UInt64(configuration.seed), epoch: 0)
          },
          forward: { sample, tape in
            let (loss, values) = try task.loss(of: sample, epoch: 0, tape: tape)
            return ParallelStep.Outcome(
              loss: loss, figures: [Double(loss.value.scalar)] + values, name: sample.name)
          })
      }
    }
    let evaluation = try secondsToEvaluate(task, test)
    let every = configuration.testEvery
    let count = every > 0 ? (configuration.epochs + every - 1) / every : 1
    return RunMeasurement(
      steps: configuration.steps ?? configuration.epochs * plan.stepsPerEpoch,
      // The first step also touches new memory.
      secondsPerStep: times.dropFirst().sorted()[1], evaluatedSamples: count * test.count,
      secondsPerEvaluation: evaluation)
  }
  return try measure(try tasks.makeTask(configuration))
}

/// Measures the evaluation of a test sample in this process; the network keeps its initial
/// parameters.
/// - Returns: the number of test samples, and the seconds of the first of them.
/// - Throws: an error of one line that the user can fix.
public func measureEvaluation(
  _ configuration: TrainingConfiguration, tasks: TaskList
) throws -> (samples: Int, secondsPerSample: Double) {
  func measure(_ task: some TrainingTask) throws -> (samples: Int, secondsPerSample: Double) {
    let source = try task.testSource()
    return (source.count, try secondsToEvaluate(task, source))
  }
  return try measure(try tasks.makeTask(configuration))
}

/// The time of a second evaluation of the first sample; the first one also touches new memory.
private func secondsToEvaluate<Task: TrainingTask>(
  _ task: Task, _ source: SceneSource<Task.Maker>
) throws -> Double {
  let sample = try source.evaluationSample(at: 0)
  let times = try (0..<2).map { _ in try seconds { _ = try task.figures(of: sample) } }
  return times[1]
}

private func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  return (ContinuousClock.now - start) / .seconds(1)
}
