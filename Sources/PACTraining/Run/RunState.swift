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
  /// Whether it has reached its epochs, its limit of `steps`, or the end of its `patience`.
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
        || steps.map { checkpoint.step >= $0 } ?? false
        || patience.map { checkpoint.validation.withoutImprovement >= $0 } ?? false)
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
  /// The samples of the training split.
  public let trainingSamples: Int
  /// The samples of the test split.
  public let testSamples: Int
  /// The optimizer steps of an epoch.
  public let stepsPerEpoch: Int
  /// The optimizer steps of the whole run.
  public let steps: Int
  /// The seconds of one step.
  public let secondsPerStep: Double
  /// The samples that are evaluated, over all evaluations of the run.
  public let evaluatedSamples: Int
  /// The seconds to evaluate one sample.
  public let secondsPerEvaluation: Double
  /// The most resident memory of each measured rank at a time, in bytes.
  public let peakBytes: [Int]
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
  try measureRun(try tasks.makeTask(configuration), ranks: ranks, .alone())
}

/// As `measureRun(_:tasks:ranks:)`; several ranks that call it together measure their own shares.
/// - Throws: the error of any rank, on all ranks alike.
func measureRun(
  _ task: some TrainingTask, ranks: Int, _ communicator: Communicator
) throws -> RunMeasurement {
  let configuration = task.configuration
  PeakMemory.reset()
  let (rules, source, test, plan) = try communicator.together {
    let rules = try ResolvedRules(
      task.parameters, configuration.parameterRules, of: configuration.model)
    let source = try task.trainingSource()
    try source.checkSizes(isCropped: true)
    let plan = try GlobalBatchPlan(
      sampleCount: source.count, globalBatchSize: configuration.globalBatchSize, worldSize: ranks,
      source: source.name)
    return (rules, source, try task.testSource(), plan)
  }
  let parameters = TrainedParameters(rules)
  let ofRanks = (0..<ranks).map { plan.shard(step: 0, rank: $0) }
  let shards =
    communicator.worldSize == ranks ? ofRanks : [0..<(ofRanks.map(\.count).max() ?? 1)]
  let step = ParallelStep(
    parameters.set, groups: parameters.groups, order: configuration.reduction,
    communicator: communicator,
    makeOptimizer: { configuration.optimizer(count: $0, configuration.optimizerSettings) })
  var position = shards[communicator.rank].lowerBound
  func nextSample<Maker>(_ source: SceneSource<Maker>) throws -> Maker.Case {
    defer { position += 1 }
    return try source.trainingSample(
      at: position % source.count, seed: UInt64(configuration.seed), epoch: 0)
  }
  // What the run has ready takes memory, too.
  let ahead = try communicator.together {
    try (0..<min(configuration.prefetchCount, source.count)).map { _ in try nextSample(source) }
  }
  let times = try (0..<4).map { _ in
    try seconds {
      _ = try step(
        // The parameters keep their values, so that no step is unlike the first.
        shards: shards, learningRate: 0, next: { try nextSample(source) },
        forward: { sample, tape in
          let (loss, values) = try task.loss(of: sample, epoch: 0, tape: tape)
          return ParallelStep.Outcome(
            loss: loss, figures: [Double(loss.value.scalar)] + values, name: sample.name)
        })
    }
  }
  let peaks = try withExtendedLifetime(ahead) {
    try communicator.allGather([PeakMemory.bytes]).map { $0[0] }
  }
  let evaluation = try communicator.together { try secondsToEvaluate(task, test) }
  let every = configuration.testEvery
  let count = every > 0 ? (configuration.epochs + every - 1) / every : 1
  let planned = configuration.epochs * plan.stepsPerEpoch
  let steps = min(configuration.steps ?? planned, planned)
  let tested = task.isTested(on: test.reader) ? count * test.count : 0
  let validated = try communicator.together { try validatedSamples(task, steps: steps) }
  return RunMeasurement(
    trainingSamples: source.count, testSamples: test.count, stepsPerEpoch: plan.stepsPerEpoch,
    steps: steps,
    // The first step also touches new memory.
    secondsPerStep: times.dropFirst().sorted()[1], evaluatedSamples: tested + validated,
    secondsPerEvaluation: try communicator.allGather([evaluation]).map { $0[0] }.max() ?? 0,
    peakBytes: peaks)
}

/// The samples that a run of `steps` steps validates, over all its validations.
private func validatedSamples(_ task: some TrainingTask, steps: Int) throws -> Int {
  let configuration = task.configuration
  guard configuration.validates else { return 0 }
  let (every, everySteps) = (configuration.validateEvery, configuration.validateEverySteps)
  let atEpochs = every > 0 ? (configuration.epochs + every - 1) / every : 1
  return (atEpochs + (everySteps > 0 ? steps / everySteps : 0))
    * (try task.validationSource().count)
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
