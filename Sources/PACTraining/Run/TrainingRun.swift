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
  private let parallelStep: ParallelStep
  private let source: SceneSource<Task.Maker>
  private let plan: GlobalBatchPlan
  private let evaluator: Evaluator<Task>
  private let schedule: ScheduleSettings
  private let timeline: Timeline?
  private let environment: EnvironmentRecord
  private var folder: RunFolder
  private let report: RunReport
  private let tests: Interval
  private var limits: RunLimits
  private var checkpoints: RunCheckpoints
  private var progress = RunPosition()
  /// Why the run ends early; the same on every rank.
  private var stop: RunStop?

  /// Opens the samples; all ranks call it.
  /// - Parameters:
  ///   - task: the network and its samples.
  ///   - communicator: the ranks.
  ///   - report: prints how the run goes on.
  ///   - environment: what the ranks compute with, and on.
  ///   - timeline: records what the time is spent on.
  /// - Throws: the error of any rank, on all ranks alike.
  init(
    _ task: Task, communicator: Communicator, report: RunReport,
    environment: EnvironmentRecord, timeline: Timeline?
  ) throws {
    self.task = task
    self.environment = environment
    self.timeline = timeline
    configuration = task.configuration
    self.communicator = communicator
    self.report = report
    let batch = configuration.globalBatchSize
    (source, plan, evaluator) = try communicator.together {
      try Self.requireMemory(task, communicator)
      let source = try task.trainingSource()
      let plan = try GlobalBatchPlan(
        sampleCount: source.count, globalBatchSize: batch, worldSize: communicator.worldSize,
        source: source.name)
      return (source, plan, try Evaluator(task, communicator: communicator))
    }
    let (optimizer, settings) = (configuration.optimizer, configuration.optimizerSettings)
    parallelStep = ParallelStep(
      ParameterSet(task.parameters), order: configuration.reduction, communicator: communicator,
      timeline: timeline, makeOptimizer: { optimizer(count: $0, settings) })
    schedule = configuration.scheduleSettings(stepsPerEpoch: plan.stepsPerEpoch)
    folder = RunFolder(configuration, metrics: task.metrics, isRankZero: communicator.isRankZero)
    tests = Interval(epochs: configuration.testEvery, steps: 0)
    limits = RunLimits(configuration, communicator: communicator)
    checkpoints = RunCheckpoints(
      configuration, metrics: task.metrics, arithmetic: environment.arithmetic,
      dataset: environment.checksum, communicator: communicator, timeline: timeline)
  }

  /// Checks that the memory limits leave room for what training keeps beside the parameters.
  ///
  /// At least a gradient, a slot of the optimizer for the parameters that the rank owns, and on
  /// rank 0 the copy of both for a checkpoint. Activations depend on the network and the crop; if
  /// there is no room for them, the first step says so.
  private static func requireMemory(_ task: Task, _ communicator: Communicator) throws {
    let count = task.parameters.reduce(0) { $0 + $1.parameter.shape.count }
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
    try checkpoints.prepare(parallelStep)
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
    try checkpoints.saveLast(parallelStep, at: progress, in: folder)
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
      if limits.isReached(at: progress.step) {
        stop = .limit
        return
      }
      communicator.activity.begin(step: progress.step + 1)
      let batch = plan.globalBatch(step: progress.stepInEpoch)
      let shards = (0..<communicator.worldSize).map { rank in
        let shard = plan.shard(step: progress.stepInEpoch, rank: rank)
        return shard.lowerBound - batch.lowerBound..<shard.upperBound - batch.lowerBound
      }
      let begin = StepClock(samples, parallelStep)
      let sums = try step(shards, samples)
      progress.addStep(of: batch.count, figures: sums.figures)
      log(sums, of: batch.count, began: begin, ended: StepClock(samples, parallelStep))
      report.step(progress, plan)
      folder.takeNotes().forEach(report.warn)
      if sums.stop {
        stop = try limits.agreedStop()
        // After its last step the epoch is complete, as in a run that is not stopped there.
        if progress.stepInEpoch < plan.stepsPerEpoch { return }
      }
      // A checkpoint between two epochs says that the first one is complete.
      if progress.stepInEpoch < plan.stepsPerEpoch, checkpoints.isDue(at: progress) {
        try checkpoints.save(parallelStep, at: progress, in: folder)
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
      stopping: limits.isStopping(),
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

  /// Adds the row of the last step to `steps.csv`.
  private func log(
    _ sums: ParallelStep.Sums, of samples: Int, began: StepClock, ended: StepClock
  ) {
    folder.append(
      StepRow(
        step: progress.step, epoch: progress.epoch + 1,
        learningRate: configuration.schedule.learningRate(step: progress.step - 1, schedule),
        loss: sums.figures[0] / Double(samples), gradientNorm: nil,
        seconds: (ended.instant - began.instant) / .seconds(1),
        secondsForData: ended.secondsForData - began.secondsForData,
        secondsForReduction: ended.secondsForReduction - began.secondsForReduction,
        samples: samples), step: progress.step)
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
    if !isLast, checkpoints.isDue(at: progress) {
      try checkpoints.save(parallelStep, at: progress, in: folder)
    }
    if !isLast && stop == nil && tests.isDue(at: progress) { _ = try evaluate() }
  }

  /// Whether the run resumes at the end of an epoch whose evaluation is due and missing.
  private func isEvaluationMissing() throws -> Bool {
    try communicator.any(
      communicator.isRankZero && progress.epoch < configuration.epochs
        && tests.isDue(at: progress) && folder.lastTestedEpoch != progress.epoch)
  }

  /// Evaluates on the test split and writes a row of `test.log`.
  /// - Returns: the result; nil if a signal interrupted it, which is then the reason to stop.
  private func evaluate() throws -> EvaluationResult? {
    let evaluated = try timeline.measure("evaluation", .evaluation) {
      try evaluator.evaluate(unless: { limits.isSignalled() })
    }
    guard let result = evaluated else {
      stop = try limits.agreedStop()
      return nil
    }
    let row = TestRow(epoch: progress.epoch, loss: result.loss, values: result.values)
    // A run that stops in the middle of an epoch writes no row: that of the epoch is still to come.
    if progress.stepInEpoch == 0 { try communicator.together { try folder.append(row) } }
    report.test(result, epoch: progress.epoch)
    return result
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
      guard let recovery = try folder.checkpoints.latestGood() else {
        return try folder.begin(environment)
      }
      let checkpoint = recovery.checkpoint
      path = recovery.path
      recovery.warnings.forEach(report.warn)
      environment.arithmetic.warning(continuing: path, after: checkpoint.arithmetic)
        .map(report.warn)
      try checkpoint.requireSameRun(
        as: configuration, dataset: environment.checksum, file: path)
      try parallelStep.parameters.load(
        checkpoint, for: configuration.settings.label, file: path)
      state = checkpoint.optimizerState
      progress = try RunPosition(checkpoint, task.metrics, file: path)
      try folder.resume(after: progress, environment)
    }
    try environment.arithmetic.warning(among: communicator).map(report.warn)
    if try communicator.any(!path.isEmpty) {
      try parallelStep.distribute(state)
      progress = RunPosition(numbers: try communicator.allGather(progress.numbers)[0])
      checkpoints.resume(at: progress)
    }
    try communicator.distribute(parallelStep.parameters)
    report.began(plan, progress, environment.arithmetic, resumedFrom: path)
  }
}
