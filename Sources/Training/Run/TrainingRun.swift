import Autograd
import Data
import Distributed
import Foundation
import Logging

/// Trains what a configuration names, from the newest checkpoint of its run folder or from the beginning; all ranks call it.
/// - Parameters:
///   - configuration: what to do.
///   - communicator: the ranks.
///   - logger: for warnings and the start of a run; only the leader's is used.
///   - terminal: whether a person watches: then one line of progress is kept up to date.
///   - timeline: where to note what the time is spent on.
/// - Returns: the last measurement on the test split, and the last checkpoint's path.
/// - Throws: on all ranks alike what went wrong on one of them.
public func train(
  _ configuration: TrainingConfiguration, communicator: Communicator, logger: Logger,
  terminal: Bool, timeline: Timeline? = nil
) throws -> RunResult {
  func run(_ task: some TrainingTask) throws -> RunResult {
    let report = RunReport(
      configuration, logger: logger, terminal: terminal, isLeader: communicator.isLeader)
    return try TrainingRun(
      task, communicator: communicator, report: report, timeline: timeline
    ).run()
  }
  let (task, notes) = try communicator.together {
    let task = try makeTask(configuration)
    guard !task.parameters.isEmpty else {
      throw TrainingError.configuration(
        place: "model",
        problem:
          "\(configuration.model.rawValue) has no parameters to train; measure it with pac evaluate"
      )
    }
    return (task, try loadInitialWeights(of: task))
  }
  if communicator.isLeader { for note in notes { logger.info("\(note)") } }
  return try run(task)
}

/// Loads the weights that the configuration names into a run that has no checkpoint yet.
/// - Returns: what to tell the user.
private func loadInitialWeights(of task: any TrainingTask) throws -> [String] {
  let configuration = task.configuration
  guard let path = configuration.weights, !task.parameters.isEmpty,
    try CheckpointStore(folder: "\(configuration.run)/checkpoints").steps().isEmpty
  else { return [] }
  let weights = try NetworkWeights(reading: path)
  let notes = try task.start(from: weights)
  return ["initial weights from \(weights.path) (\(weights.kind))"] + notes
}

/// A whole training run of a task: what `pac train` does, on every rank.
///
/// `run()` is the main path: load or begin, then epoch by epoch `Trainer.step`, checkpoints, tests, logs.
final class TrainingRun<Task: TrainingTask> {
  private let task: Task
  private let configuration: TrainingConfiguration
  private let communicator: Communicator
  private let trainer: Trainer<Task>
  private let source: Task.Source
  private let plan: GlobalBatchPlan
  private let evaluator: Evaluator<Task>
  private let schedule: StepDecay
  private let timeline: Timeline?
  private var folder: RunFolder
  private let report: RunReport
  private let started = ContinuousClock().now
  private var progress = RunPosition()

  /// Opens the samples; all ranks call it.
  /// - Throws: on all ranks alike what went wrong on one of them.
  init(
    _ task: Task, communicator: Communicator, report: RunReport, timeline: Timeline?
  ) throws {
    self.task = task
    self.timeline = timeline
    configuration = task.configuration
    self.communicator = communicator
    self.report = report
    let batch = configuration.globalBatchSize
    (source, plan, evaluator) = try communicator.together {
      let source = try task.trainingSource()
      let plan = try GlobalBatchPlan(
        sampleCount: source.count, globalBatchSize: batch, worldSize: communicator.worldSize,
        source: source.name)
      return (source, plan, try Evaluator(task, communicator: communicator))
    }
    trainer = Trainer(task, communicator: communicator, timeline: timeline)
    schedule = configuration.schedule
    folder = RunFolder(
      configuration, measures: task.measures, isLeader: communicator.isLeader)
  }

  /// Trains to the end, or as far as `steps` and `max-minutes` allow.
  /// - Returns: the last measurement on the test split, and the last checkpoint's path.
  /// - Throws: on all ranks alike what went wrong on one of them.
  public func run() throws -> RunResult {
    try resume()
    let samples = try communicator.together {
      try source.trainingSamples(
        plan: plan, rank: communicator.rank, seed: UInt64(configuration.seed),
        epochs: progress.epoch..<max(progress.epoch, configuration.epochs),
        firstStep: progress.stepInEpoch, depth: configuration.readAhead)
    }
    defer { samples.cancel() }
    var isStopping = false
    while progress.epoch < configuration.epochs && !isStopping {
      isStopping = try runEpoch(samples)
    }
    report.finished(progress, isEarly: isStopping, waiting: samples.waits.seconds)
    let result = try measure()
    try save()
    return RunResult(evaluation: result, checkpoint: folder.checkpoints.path(step: progress.step))
  }

  /// Trains to the end of the present epoch, or until the run is to stop.
  /// - Returns: whether the run is to stop.
  private func runEpoch(_ samples: ReadAhead<Task.Source.Case>) throws -> Bool {
    let rate = schedule.learningRate(epoch: progress.epoch)
    while progress.stepInEpoch < plan.stepsPerEpoch {
      if reachedLastStep { return true }
      let batch = plan.globalBatch(step: progress.stepInEpoch)
      let shards = (0..<communicator.worldSize).map { rank in
        let shard = plan.shard(step: progress.stepInEpoch, rank: rank)
        return shard.lowerBound - batch.lowerBound..<shard.upperBound - batch.lowerBound
      }
      let sums = try trainer.step(
        epoch: progress.epoch, shards: shards, learningRate: rate, stopping: isOutOfTime,
        next: samples.next)
      progress.add(sums)
      report.step(progress, plan)
      if sums.stop { return true }
      if isDue(configuration.checkpointEverySteps, progress.step) { try save() }
    }
    try endEpoch(rate)
    return false
  }

  private func endEpoch(_ rate: Double) throws {
    let samples = Double(max(progress.samples, 1))
    let row = TrainRow(
      epoch: progress.epoch + 1, learningRate: rate, loss: progress.loss / samples,
      values: progress.values.map { $0 / samples })
    progress.beginEpoch()
    try communicator.together { try folder.append(row) }
    let isLast = progress.epoch >= configuration.epochs
    if !isLast && isDue(configuration.testEvery, progress.epoch) { _ = try measure() }
    if !isLast && isDue(configuration.checkpointEvery, progress.epoch) { try save() }
  }

  private func isDue(_ every: Int, _ count: Int) -> Bool { every > 0 && count % every == 0 }

  private var reachedLastStep: Bool { configuration.steps.map { progress.step >= $0 } ?? false }

  /// Only the leader's clock counts; the others learn of it with the gradients.
  private var isOutOfTime: Bool {
    guard communicator.isLeader, let minutes = configuration.maximumMinutes else { return false }
    return ContinuousClock().now - started > .seconds(minutes * 60)
  }

  /// Measures on the test split and writes a row of `test.log`.
  private func measure() throws -> EvaluationResult {
    let result = try timeline.measure("evaluation", .evaluation) { try evaluator() }
    let row = TestRow(epoch: progress.epoch, loss: result.loss, values: result.values)
    // In the middle of an epoch, where a run may stop, there is no row: the epoch's own is still to come.
    if progress.stepInEpoch == 0 { try communicator.together { try folder.append(row) } }
    report.test(result, epoch: progress.epoch)
    return result
  }

  // MARK: - Checkpoints

  private func save() throws {
    try timeline.measure("checkpoint", .checkpoint) {
      let checkpoint = try trainer.checkpoint(progress)
      try communicator.together { if let checkpoint { try folder.save(checkpoint) } }
    }
  }

  /// Goes on from the newest good checkpoint, if the run folder has one.
  ///
  /// The leader alone decides which one that is; all read it from the shared file system.
  private func resume() throws {
    var path = ""
    try communicator.together {
      if communicator.isLeader, let recovery = try folder.checkpoints.latestGood() {
        recovery.warnings.forEach(report.warn)
        path = recovery.path
      }
    }
    path = try communicator.broadcast(path)
    try communicator.together {
      guard !path.isEmpty else { return try folder.begin() }
      let checkpoint = try Checkpoint(reading: path)
      try checkpoint.requireSameRun(as: configuration, file: path)
      try trainer.restore(checkpoint, file: path)
      progress = RunPosition(checkpoint, task.measures)
      try folder.resume(after: progress)
    }
    report.began(plan, progress, resumedFrom: path)
  }
}

/// What a run ended with.
public struct RunResult: Sendable {
  /// The measurement on the test split.
  public let evaluation: EvaluationResult
  /// The newest checkpoint.
  public let checkpoint: String
}
