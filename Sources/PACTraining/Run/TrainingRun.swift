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
  let configuration: TrainingConfiguration
  let communicator: Communicator
  let parameters: TrainedParameters
  let parallelStep: ParallelStep
  private let source: SceneSource<Task.Maker>
  let plan: GlobalBatchPlan
  /// Evaluates the samples to test on; nil if there are none besides those to validate on.
  let testEvaluator: Evaluator<Task>?
  let validation: Validation<Task>?
  private let schedule: ScheduleSettings
  let timeline: Timeline?
  private let environment: EnvironmentRecord
  var folder: RunFolder
  let report: RunReport
  private let tests: Interval
  var limits: RunLimits
  var checkpoints: RunCheckpoints
  var progress = RunPosition()
  /// The latest validation, and the step of its weights.
  var validated: (step: Int, result: EvaluationResult)?
  /// Why the run ends early; the same on every rank.
  var stop: RunStop?

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
    let remark: String?
    let rules: ResolvedRules
    (rules, source, plan, testEvaluator, validation, remark) = try communicator.together {
      let rules = try ResolvedRules(
        task.parameters, task.configuration.parameterRules, of: task.configuration.model)
      try Self.requireMemory(rules.trainedCount, communicator)
      let source = try task.trainingSource()
      let plan = try GlobalBatchPlan(
        sampleCount: source.count, globalBatchSize: batch, worldSize: communicator.worldSize,
        source: source.name)
      let remark = task.testRemark(source.reader)
      let test =
        remark == nil
        ? try Evaluator(task, task.testSource(), communicator: communicator) : nil
      return (
        rules, source, plan, test, try Validation(task, communicator: communicator), remark
      )
    }
    remark.map(report.note)
    let (optimizer, settings) = (configuration.optimizer, configuration.optimizerSettings)
    parameters = TrainedParameters(rules)
    rules.summary.forEach(report.note)
    parallelStep = ParallelStep(
      parameters.set, groups: parameters.groups, order: configuration.reduction,
      communicator: communicator, timeline: timeline,
      makeOptimizer: { optimizer(count: $0, settings) })
    schedule = configuration.scheduleSettings(stepsPerEpoch: plan.stepsPerEpoch)
    folder = RunFolder(
      configuration, metrics: task.metrics, isTested: testEvaluator != nil,
      isRankZero: communicator.isRankZero)
    tests = Interval(epochs: configuration.testEvery, steps: 0)
    limits = RunLimits(configuration, communicator: communicator)
    checkpoints = RunCheckpoints(
      configuration, parameters, metrics: task.metrics, arithmetic: environment.arithmetic,
      dataset: environment.checksum, communicator: communicator, timeline: timeline)
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

  /// Trains to the end, or until `steps`, `max-minutes`, `patience` or a signal stops it.
  /// - Returns: the measures of the last and the best weights, and the paths of their checkpoints.
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
    try validateIfDue()
    stopIfPatienceEnds()
    if try isTestMissing() { try test() }
    while progress.epoch < configuration.epochs && stop == nil { try runEpoch(samples) }
    report.finished(progress, stop, waiting: samples.waits.seconds)
    try checkpoints.saveLast(parallelStep, at: progress, in: folder)
    // The newest checkpoint says what the last validation has found.
    if try validateIfDue() { try checkpoints.saveLast(parallelStep, at: progress, in: folder) }
    let measures = stop?.isUrgent == true ? nil : try measureEnd()
    if let measures { report.summary(last: measures.last, best: measures.best) }
    communicator.activity.enter(.checkpoint)
    try communicator.together { try folder.finishRun() }
    folder.takeNotes().forEach(report.warn)
    return RunResult(
      last: measures?.last, best: measures?.best,
      checkpoint: folder.checkpoints.path(step: progress.step),
      bestCheckpoint: progress.validation.best == nil ? nil : folder.checkpoints.bestPath,
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
      if progress.stepInEpoch < plan.stepsPerEpoch {
        try saveAndValidate()
        if stop != nil { return }
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
    guard !isLast else { return }
    try saveAndValidate()
    if stop == nil && isTestDue { try test() }
  }

  /// Does what is due between two steps; a long validation then loses no step if it is killed.
  private func saveAndValidate() throws {
    if checkpoints.isDue(at: progress) {
      try checkpoints.save(parallelStep, at: progress, in: folder)
    }
    try validateIfDue()
  }

  /// Whether a test is due at the end of this epoch.
  var isTestDue: Bool { testEvaluator != nil && tests.isDue(at: progress) }

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
      try parameters.load(checkpoint, for: configuration.settings.label, file: path)
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
    try communicator.distribute(parameters.set)
    try communicator.distribute(parameters.frozen)
    report.began(plan, progress, environment.arithmetic, resumedFrom: path)
  }
}
