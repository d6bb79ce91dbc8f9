import PACAutograd
import PACCheckpoints
import PACData
import PACDistributed
import PACFiles
import PACOptimizers

/// A whole training run of a task: what `pac train` does, on every rank.
///
/// `run()` is the main path: start or resume, then epoch by epoch `ParallelStep`, checkpoints,
/// evaluation and logs.
final class TrainingRun<Task: TrainingTask> {
  private let task: Task
  private let configuration: TrainingConfiguration
  private let communicator: Communicator
  private let parameters: TrainedParameters
  private let parallelStep: ParallelStep
  private let source: SceneSource<Task.Maker>
  private let plan: GlobalBatchPlan
  private let evaluator: Evaluator<Task>
  private let schedule: ScheduleSettings
  private let timeline: Timeline?
  private let arithmetic: Arithmetic
  private let dataset: String?
  private var folder: RunFolder
  private let report: RunReport
  private let started = ContinuousClock().now
  private var progress = RunPosition()
  private var copy = StateCopy()
  /// The step of the newest checkpoint.
  private var savedStep: Int?
  /// The signal that asked this rank to stop.
  private var signal: String?
  /// Why the run ends early; the same on every rank.
  private var stop: RunStop?

  /// Opens the samples; all ranks call it.
  /// - Parameters:
  ///   - task: the network and its samples.
  ///   - communicator: the ranks.
  ///   - report: prints how the run goes on.
  ///   - arithmetic: what this rank computes with.
  ///   - dataset: the checksum of the dataset; nil if it has none.
  ///   - timeline: records what the time is spent on.
  /// - Throws: the error of any rank, on all ranks alike.
  init(
    _ task: Task, communicator: Communicator, report: RunReport, arithmetic: Arithmetic,
    dataset: String?, timeline: Timeline?
  ) throws {
    self.task = task
    self.dataset = dataset
    self.arithmetic = arithmetic
    self.timeline = timeline
    configuration = task.configuration
    self.communicator = communicator
    self.report = report
    let batch = configuration.globalBatchSize
    let rules: ResolvedRules
    (rules, source, plan, evaluator) = try communicator.together {
      let rules = try ResolvedRules(
        task.parameters, task.configuration.parameterRules, of: task.configuration.model)
      try Self.requireMemory(rules.trainedCount, communicator)
      let source = try task.trainingSource()
      let plan = try GlobalBatchPlan(
        sampleCount: source.count, globalBatchSize: batch, worldSize: communicator.worldSize,
        source: source.name)
      return (rules, source, plan, try Evaluator(task, communicator: communicator))
    }
    let (optimizer, settings) = (configuration.optimizer, configuration.optimizerSettings)
    parameters = TrainedParameters(rules)
    rules.summary.forEach(report.note)
    parallelStep = ParallelStep(
      parameters.set, groups: parameters.groups, order: configuration.reduction,
      communicator: communicator, timeline: timeline,
      makeOptimizer: { optimizer(count: $0, settings) })
    schedule = configuration.scheduleSettings(stepsPerEpoch: plan.stepsPerEpoch)
    folder = RunFolder(configuration, metrics: task.metrics, isRankZero: communicator.isRankZero)
  }

  /// Checks that the memory limits leave room for what training keeps beside the parameters.
  ///
  /// At least a gradient, a slot of the optimizer for the parameters that the rank owns, and on
  /// rank 0 the copy of both for a checkpoint. Activations depend on the network and the crop; if
  /// there is no room for them, the first step says so.
  private static func requireMemory(_ count: Int, _ communicator: Communicator) throws {
    let copies = communicator.isRankZero ? 3 : 1
    try MemoryLimit.require(
      (copies * count + count / communicator.worldSize) * MemoryLayout<Float>.stride,
      for: "gradients, optimizer and checkpoint of \(count) parameters",
      of: [.addressSpace, .data, .resident], advice: "train a smaller network")
  }

  /// Trains to the end, or until `steps`, `max-minutes` or a signal stops it.
  /// - Returns: the last evaluation on the test split, and the path of the last checkpoint.
  /// - Throws: the error of any rank, on all ranks alike.
  func run() throws -> RunResult {
    // However the run ends, a checkpoint that is being written is completed.
    defer { folder.close() }
    try resume()
    // Allocates the copy now; at the first checkpoint this would delay the steps.
    if configuration.checkpointEvery > 0 || configuration.checkpointEverySteps > 0 {
      try copy.update(from: parallelStep, isRankZero: communicator.isRankZero)
    }
    let samples = try communicator.together {
      try source.trainingSamples(
        plan: plan, rank: communicator.rank, seed: UInt64(configuration.seed),
        epochs: progress.epoch..<max(progress.epoch, configuration.epochs),
        firstStep: progress.stepInEpoch, depth: configuration.prefetchCount)
    }
    defer { samples.cancel() }
    if try isEvaluationMissing() { _ = try evaluate() }
    while progress.epoch < configuration.epochs && stop == nil { try runEpoch(samples) }
    report.finished(progress, stop, waiting: samples.waits.seconds)
    try saveLast()
    let evaluation = stop?.isUrgent == true ? nil : try evaluate()
    communicator.activity.enter(.checkpoint)
    try communicator.together { try folder.finishRun() }
    folder.takeNotes().forEach(report.warn)
    return RunResult(
      evaluation: evaluation, checkpoint: folder.checkpoints.path(step: progress.step),
      stop: stop?.isUrgent == true ? stop : nil)
  }

  /// Trains to the end of the current epoch, or until the run is to stop.
  private func runEpoch(_ samples: Prefetcher<Task.Maker.Case>) throws {
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
      let sums = try step(shards, samples)
      progress.addStep(of: batch.count, figures: sums.figures)
      report.step(progress, plan)
      folder.takeNotes().forEach(report.warn)
      if sums.stop {
        stop = try agreedStop()
        // After its last step the epoch is complete, as in a run that is not stopped there.
        if progress.stepInEpoch < plan.stepsPerEpoch { return }
      }
      // A checkpoint between two epochs says that the first one is complete.
      if progress.stepInEpoch < plan.stepsPerEpoch,
        isDue(configuration.checkpointEverySteps, progress.step)
      {
        try save()
      }
    }
    try endEpoch()
  }

  /// Performs the optimizer step of one global batch, together with the other ranks.
  private func step(
    _ shards: [Range<Int>], _ samples: Prefetcher<Task.Maker.Case>
  ) throws -> ParallelStep.Sums {
    try parallelStep(
      shards: shards,
      learningRate: configuration.schedule.learningRate(step: progress.step, schedule),
      stopping: isOutOfTime || isSignalled,
      next: {
        try folder.requireWritable()
        guard let sample = try samples.next() else {
          preconditionFailure("the plan has more samples")
        }
        return sample
      },
      forward: { sample, tape in
        let (loss, values) = try task.loss(of: sample, epoch: progress.epoch, tape: tape)
        return ParallelStep.Outcome(
          loss: loss, figures: [Double(loss.value.scalar)] + values, name: sample.name)
      })
  }

  private func endEpoch() throws {
    let samples = Double(max(progress.samples, 1))
    let row = TrainRow(
      epoch: progress.epoch + 1,
      learningRate: configuration.schedule.learningRate(step: progress.step - 1, schedule),
      loss: progress.loss / samples,
      values: progress.values.map { $0 / samples })
    progress.beginEpoch()
    try communicator.together { try folder.append(row) }
    let isLast = progress.epoch >= configuration.epochs
    if !isLast,
      isDue(configuration.checkpointEvery, progress.epoch)
        || isDue(configuration.checkpointEverySteps, progress.step)
    {
      try save()
    }
    if !isLast && stop == nil && isDue(configuration.testEvery, progress.epoch) {
      _ = try evaluate()
    }
  }

  private func isDue(_ every: Int, _ count: Int) -> Bool { every > 0 && count % every == 0 }

  private var reachedLastStep: Bool { configuration.steps.map { progress.step >= $0 } ?? false }

  /// Only rank 0's clock counts; the others learn about it along with the figures of the step.
  private var isOutOfTime: Bool {
    guard communicator.isRankZero, let minutes = configuration.maximumMinutes else { return false }
    return ContinuousClock().now - started > .seconds(minutes * 60)
  }

  /// Whether this rank has received a signal to stop.
  private var isSignalled: Bool {
    signal = signal ?? StopSignals.run.take()
    return signal != nil
  }

  /// Why the ranks stop: the first rank's signal, or a limit; all ranks call it.
  private func agreedStop() throws -> RunStop {
    let signals = try communicator.allGather(signal ?? "")
    guard let rank = signals.firstIndex(where: { !$0.isEmpty }) else { return .limit }
    return .signal(signals[rank], rank: rank)
  }

  /// Whether the run resumes at the end of an epoch whose evaluation is due and missing.
  private func isEvaluationMissing() throws -> Bool {
    try communicator.any(
      communicator.isRankZero && progress.stepInEpoch == 0 && progress.epoch > 0
        && progress.epoch < configuration.epochs
        && isDue(configuration.testEvery, progress.epoch)
        && folder.lastTestedEpoch != progress.epoch)
  }

  /// Evaluates on the test split and writes a row of `test.log`.
  /// - Returns: the result; nil if a signal interrupted it, which is then the reason to stop.
  private func evaluate() throws -> EvaluationResult? {
    let evaluated = try timeline.measure("evaluation", .evaluation) {
      try evaluator.evaluate(unless: { isSignalled })
    }
    guard let result = evaluated else {
      stop = try agreedStop()
      return nil
    }
    let row = TestRow(epoch: progress.epoch, loss: result.loss, values: result.values)
    // A run that stops in the middle of an epoch writes no row: that of the epoch is still to come.
    if progress.stepInEpoch == 0 { try communicator.together { try folder.append(row) } }
    report.test(result, epoch: progress.epoch)
    return result
  }

  // MARK: - Checkpoints

  /// Starts writing a checkpoint of the current state in the background, unless it exists already.
  private func save() throws {
    guard savedStep != progress.step else { return }
    communicator.activity.enter(.checkpoint)
    try timeline.measure("checkpoint", .checkpoint) {
      // The previous one must be on disk, because its memory is reused.
      try communicator.together { try folder.finishSaving() }
      try copy.update(from: parallelStep, isRankZero: communicator.isRankZero)
      try communicator.together {
        guard communicator.isRankZero else { return }
        try folder.save(
          copy.checkpoint(
            of: parameters, at: progress, configuration, task.metrics, arithmetic,
            dataset: dataset))
      }
    }
    savedStep = progress.step
  }

  /// As `save()`, and once more if the checkpoint of this step has failed although training went on.
  private func saveLast() throws {
    if savedStep == progress.step {
      try communicator.together { try folder.finishSaving() }
      if try communicator.any(folder.isCheckpointMissing) { savedStep = nil }
    }
    try save()
  }

  /// Resumes from the newest intact checkpoint, if the run folder has one.
  ///
  /// Only rank 0 reads it; the others receive what they need.
  private func resume() throws {
    var path = ""
    var state: OptimizerState?
    try communicator.onRankZero {
      // A wait for another run is progress of this one.
      try folder.open(waiting: { communicator.activity.enter(.start) }, warn: report.warn)
      guard let recovery = try folder.checkpoints.latestGood() else { return try folder.begin() }
      let checkpoint = recovery.checkpoint
      path = recovery.path
      recovery.warnings.forEach(report.warn)
      arithmetic.warning(continuing: path, after: checkpoint.arithmetic).map(report.warn)
      try checkpoint.requireSameRun(as: configuration, dataset: dataset, file: path)
      try parameters.load(checkpoint, for: configuration.settings.label, file: path)
      state = checkpoint.optimizerState
      progress = try RunPosition(checkpoint, task.metrics, file: path)
      try folder.resume(after: progress)
    }
    try arithmetic.warning(among: communicator).map(report.warn)
    if try communicator.any(!path.isEmpty) {
      try parallelStep.distribute(state)
      progress = RunPosition(numbers: try communicator.allGather(progress.numbers)[0])
      savedStep = progress.step
    }
    try communicator.distribute(parameters.set)
    try communicator.distribute(parameters.frozen)
    report.began(plan, progress, arithmetic, resumedFrom: path)
  }
}
