import Foundation
import Logging
import PACAutograd
import PACData
import PACDistributed

/// Trains what a configuration names, from the newest checkpoint of its run folder or from the beginning; all ranks call it.
/// - Parameters:
///   - configuration: what to do.
///   - communicator: the ranks.
///   - logger: for warnings and the start of a run; only the leader's is used.
///   - arithmetic: what this rank computes with; checkpoints keep it.
///   - terminal: whether a person watches: then one line of progress is kept up to date.
///   - timeline: where to note what the time is spent on.
/// - Returns: the last measurement on the test split, and the last checkpoint's path.
/// - Throws: on all ranks alike what went wrong on one of them.
public func train(
  _ configuration: TrainingConfiguration, communicator: Communicator, logger: Logger,
  arithmetic: Arithmetic, terminal: Bool, timeline: Timeline? = nil
) throws -> RunResult {
  func run(_ task: some TrainingTask) throws -> RunResult {
    let report = RunReport(
      configuration, logger: logger, terminal: terminal, isLeader: communicator.isLeader)
    return try TrainingRun(
      task, communicator: communicator, report: report, arithmetic: arithmetic, timeline: timeline
    ).run()
  }
  try requireSameJob(configuration, communicator)
  let task = try communicator.together {
    let (model, trainable) = (configuration.model, configuration.model.trainable)
    guard model == trainable else {
      throw TrainingError.configuration(
        place: "model",
        problem: "\(model.rawValue) is for inference only; train \(trainable.rawValue), then give "
          + "its weights to pac evaluate or pac predict")
    }
    let task = try makeTask(configuration)
    guard !task.parameters.isEmpty else {
      throw TrainingError.configuration(
        place: "model",
        problem:
          "\(configuration.model.rawValue) has no parameters to train; measure it with pac evaluate"
      )
    }
    return task
  }
  let notes = try communicator.leading { try readInitialWeights(of: task) }
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
  private let arithmetic: Arithmetic
  private var folder: RunFolder
  private let report: RunReport
  private let started = ContinuousClock().now
  private var progress = RunPosition()
  /// The step of the newest checkpoint.
  private var savedStep: Int?
  /// The signal that asked this rank to stop.
  private var signal: String?
  /// Why the run ends early; the same on every rank.
  private var stop: RunStop?

  /// Opens the samples; all ranks call it.
  /// - Throws: on all ranks alike what went wrong on one of them.
  init(
    _ task: Task, communicator: Communicator, report: RunReport, arithmetic: Arithmetic,
    timeline: Timeline?
  ) throws {
    self.task = task
    self.arithmetic = arithmetic
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

  /// Trains to the end, or as far as `steps`, `max-minutes` and signals allow.
  /// - Returns: the last measurement on the test split, and the last checkpoint's path.
  /// - Throws: on all ranks alike what went wrong on one of them.
  func run() throws -> RunResult {
    try resume()
    // Now rather than at the first checkpoint, which would hold up the steps.
    if configuration.checkpointEvery > 0 || configuration.checkpointEverySteps > 0 {
      try trainer.copyState()
    }
    // Whatever ends the run: a checkpoint that is being written becomes whole.
    defer { try? folder.finishSaving() }
    let samples = try communicator.together {
      try source.trainingSamples(
        plan: plan, rank: communicator.rank, seed: UInt64(configuration.seed),
        epochs: progress.epoch..<max(progress.epoch, configuration.epochs),
        firstStep: progress.stepInEpoch, depth: configuration.readAhead)
    }
    defer { samples.cancel() }
    if try isMeasurementMissing() { _ = try measure() }
    while progress.epoch < configuration.epochs && stop == nil { try runEpoch(samples) }
    report.finished(progress, stop, waiting: samples.waits.seconds)
    try save()
    let evaluation = stop?.isUrgent == true ? nil : try measure()
    communicator.activity.enter(.checkpoint)
    try communicator.together { try folder.finishSaving() }
    return RunResult(
      evaluation: evaluation, checkpoint: folder.checkpoints.path(step: progress.step),
      stop: stop?.isUrgent == true ? stop : nil)
  }

  /// Trains to the end of the present epoch, or until the run is to stop.
  private func runEpoch(_ samples: ReadAhead<Task.Source.Case>) throws {
    let rate = schedule.learningRate(epoch: progress.epoch)
    while progress.stepInEpoch < plan.stepsPerEpoch {
      if reachedLastStep {
        stop = .limit
        return
      }
      communicator.activity.begin(step: progress.step + 1)
      let batch = plan.globalBatch(step: progress.stepInEpoch)
      let shards = (0..<communicator.worldSize).map { rank in
        let shard = plan.shard(step: progress.stepInEpoch, rank: rank)
        return shard.lowerBound - batch.lowerBound..<shard.upperBound - batch.lowerBound
      }
      let sums = try trainer.step(
        epoch: progress.epoch, shards: shards, learningRate: rate,
        stopping: isOutOfTime || isSignalled
      ) {
        try folder.requireSaved()
        return try samples.next()
      }
      progress.add(sums)
      report.step(progress, plan)
      if sums.stop {
        stop = try agreedStop()
        return
      }
      if isDue(configuration.checkpointEverySteps, progress.step) { try save() }
    }
    try endEpoch(rate)
  }

  private func endEpoch(_ rate: Double) throws {
    let samples = Double(max(progress.samples, 1))
    let row = TrainRow(
      epoch: progress.epoch + 1, learningRate: rate, loss: progress.loss / samples,
      values: progress.values.map { $0 / samples })
    progress.beginEpoch()
    try communicator.together { try folder.append(row) }
    let isLast = progress.epoch >= configuration.epochs
    if !isLast && isDue(configuration.checkpointEvery, progress.epoch) { try save() }
    if !isLast && isDue(configuration.testEvery, progress.epoch) { _ = try measure() }
  }

  private func isDue(_ every: Int, _ count: Int) -> Bool { every > 0 && count % every == 0 }

  private var reachedLastStep: Bool { configuration.steps.map { progress.step >= $0 } ?? false }

  /// Only the leader's clock counts; the others learn of it with the gradients.
  private var isOutOfTime: Bool {
    guard communicator.isLeader, let minutes = configuration.maximumMinutes else { return false }
    return ContinuousClock().now - started > .seconds(minutes * 60)
  }

  /// Whether this rank was sent a signal to stop.
  private var isSignalled: Bool {
    signal = signal ?? StopSignals.take()
    return signal != nil
  }

  /// Why some rank wants to stop; all ranks call it.
  private func agreedStop() throws -> RunStop {
    let signals = try communicator.allGather(signal ?? "")
    guard let rank = signals.firstIndex(where: { !$0.isEmpty }) else { return .limit }
    return .signal(signals[rank], rank: rank)
  }

  /// Whether the run goes on at the end of an epoch that was to be measured, and was not.
  private func isMeasurementMissing() throws -> Bool {
    try communicator.any(
      communicator.isLeader && progress.stepInEpoch == 0 && progress.epoch > 0
        && progress.epoch < configuration.epochs
        && isDue(configuration.testEvery, progress.epoch)
        && folder.lastTestedEpoch != progress.epoch)
  }

  /// Measures on the test split and writes a row of `test.log`.
  /// - Returns: nil if a signal has ended it, which is then the reason to stop.
  private func measure() throws -> EvaluationResult? {
    let measured = try timeline.measure("evaluation", .evaluation) {
      try evaluator.measure(unless: { isSignalled })
    }
    guard let result = measured else {
      stop = try agreedStop()
      return nil
    }
    let row = TestRow(epoch: progress.epoch, loss: result.loss, values: result.values)
    // In the middle of an epoch, where a run may stop, there is no row: the epoch's own is still to come.
    if progress.stepInEpoch == 0 { try communicator.together { try folder.append(row) } }
    report.test(result, epoch: progress.epoch)
    return result
  }

  // MARK: - Checkpoints

  /// Hands a checkpoint of the present state to the background, unless there is one.
  private func save() throws {
    guard savedStep != progress.step else { return }
    communicator.activity.enter(.checkpoint)
    try timeline.measure("checkpoint", .checkpoint) {
      // The one before must be on the disk: its memory is used again.
      try communicator.together { try folder.finishSaving() }
      let checkpoint = try trainer.checkpoint(progress, arithmetic)
      try communicator.together {
        guard let checkpoint else { return }
        try folder.save(checkpoint)
      }
    }
    savedStep = progress.step
  }

  /// Goes on from the newest good checkpoint, if the run folder has one.
  ///
  /// The leader alone reads it, and gives the others what they need.
  private func resume() throws {
    var path = ""
    var state: OptimizerState?
    try communicator.leading {
      guard let recovery = try folder.checkpoints.latestGood() else { return try folder.begin() }
      let checkpoint = recovery.checkpoint
      path = recovery.path
      recovery.warnings.forEach(report.warn)
      arithmetic.warning(continuing: path, after: checkpoint.arithmetic).map(report.warn)
      try checkpoint.requireSameRun(as: configuration, file: path)
      try trainer.parameters.load(checkpoint, configuration, file: path)
      state = checkpoint.optimizerState
      progress = RunPosition(checkpoint, task.measures)
      try folder.resume(after: progress)
    }
    try arithmetic.warning(among: communicator).map(report.warn)
    if try communicator.any(!path.isEmpty) {
      try trainer.distribute(state)
      progress = RunPosition(numbers: try communicator.allGather(progress.numbers)[0])
      savedStep = progress.step
    }
    try communicator.distribute(trainer.parameters)
    report.began(plan, progress, arithmetic, resumedFrom: path)
  }
}

/// What a run ended with.
public struct RunResult: Sendable {
  /// The measurement on the test split; nil if a signal ended the run before.
  public let evaluation: EvaluationResult?
  /// The newest checkpoint.
  public let checkpoint: String
  /// The signal that ended the run early, nil if none did.
  public let stop: RunStop?
}

/// Why a run ends before its last epoch.
public enum RunStop: Sendable, Equatable, CustomStringConvertible {
  /// `steps` or `max-minutes` asks for it.
  case limit
  /// A rank was sent a signal.
  case signal(String, rank: Int)

  /// Whether nothing but a checkpoint may follow.
  var isUrgent: Bool { self != .limit }

  /// The reason, to follow "stopped".
  public var description: String {
    switch self {
    case .limit: "as steps or max-minutes asks"
    case .signal(let name, let rank): "by \(name) sent to rank \(rank)"
    }
  }
}
