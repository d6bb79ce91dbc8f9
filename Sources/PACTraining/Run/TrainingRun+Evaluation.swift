import PACCheckpoints
import PACKernels

/// What is measured while a run trains and at its end; all ranks call these functions together.
extension TrainingRun {
  /// Evaluates the weights that the network has now.
  /// - Returns: the result; nil if a signal interrupted it, which is then the reason to stop.
  private func measure(on evaluator: Evaluator<Task>) throws -> EvaluationResult? {
    // Training and evaluation use blocks of other sizes.
    KeptBlocks.shared.release()
    defer { KeptBlocks.shared.release() }
    let result = try timeline.measure("evaluation", .evaluation) {
      try evaluator.evaluate(unless: { limits.isSignalled() })
    }
    if result == nil { stop = try limits.agreedStop() }
    return result
  }

  // MARK: - Test

  /// Evaluates on the test split and writes a row of `test.log`.
  /// - Returns: the result; nil if a signal interrupted it, or there are no samples to test on.
  @discardableResult
  func test() throws -> EvaluationResult? {
    guard let testEvaluator, let result = try measure(on: testEvaluator) else { return nil }
    let row = TestRow(
      step: progress.step, epoch: progress.epoch, loss: result.loss, values: result.values)
    // A run that stops in the middle of an epoch writes no row: that of the epoch is still to come.
    if progress.stepInEpoch == 0 { try communicator.together { try folder.append(row) } }
    report.measured("test", result, at: "epoch \(progress.epoch)")
    return result
  }

  /// Whether the run resumes at the end of an epoch whose test is due and missing.
  func isTestMissing() throws -> Bool {
    try communicator.any(
      communicator.isRankZero && progress.epoch < configuration.epochs
        && isTestDue && folder.lastTestedEpoch != progress.epoch)
  }

  // MARK: - Validation

  /// Validates if it is due, and follows from the result whether these weights are the best and
  /// whether the run stops early.
  ///
  /// A run that is killed before the next checkpoint validates once more, with the same result.
  /// - Returns: whether it has.
  @discardableResult
  func validateIfDue() throws -> Bool {
    guard stop?.isUrgent != true, let validation, validation.isDue(at: progress),
      let result = try measure(on: validation.evaluator)
    else { return false }
    validated = (progress.step, result)
    let isBest = try communicator.together { try validation.count(result, at: &progress) }
    if isBest { try checkpoints.saveBest(parallelStep, at: progress, in: folder) }
    let row = ValidationRow(
      step: progress.step,
      epoch: Double(progress.epoch) + Double(progress.stepInEpoch) / Double(plan.stepsPerEpoch),
      loss: result.loss, values: result.values)
    try communicator.together { try folder.append(row) }
    let place =
      progress.stepInEpoch == 0 ? "epoch \(progress.epoch)" : "step \(progress.step)"
    report.measured("validation", result, at: place, isBest: isBest)
    stopIfPatienceEnds()
    return true
  }

  /// Lets the run stop if too many validations in a row were no better.
  func stopIfPatienceEnds() {
    guard stop == nil, progress.epoch < configuration.epochs else { return }
    stop = validation?.stop(at: progress)
  }

  // MARK: - The end

  /// Measures the last and the best weights, for the summary of the run.
  ///
  /// The network has the best weights afterwards.
  /// - Returns: nil if a signal interrupted it.
  func measureEnd() throws -> (last: WeightMeasures, best: WeightMeasures?)? {
    var last = WeightMeasures(step: progress.step, epoch: progress.epoch)
    if let validation {
      let known = validated.flatMap { $0.step == progress.step ? $0.result : nil }
      last.validation = try known ?? measure(on: validation.evaluator)
      guard last.validation != nil else { return nil }
    }
    last.test = try test()
    guard stop?.isUrgent != true else { return nil }
    guard let validation, let chosen = progress.validation.best else { return (last, nil) }
    guard chosen.step != progress.step else { return (last, last) }
    guard try loadBest(chosen) else { return (last, nil) }
    var best = WeightMeasures(step: chosen.step, epoch: chosen.epoch)
    best.validation = try measure(on: validation.evaluator)
    if let testEvaluator, best.validation != nil { best.test = try measure(on: testEvaluator) }
    return stop?.isUrgent == true ? nil : (last, best)
  }

  /// Loads the best weights.
  /// - Returns: false, after a warning, if somebody has removed or replaced the file.
  private func loadBest(_ best: ValidationState.Best) throws -> Bool {
    communicator.activity.enter(.checkpoint)
    let isLoaded = try communicator.onRankZero {
      try folder.finishSaving()
      let store = folder.checkpoints
      let step = try store.bestStep()
      guard step == best.step else {
        report.warn(
          "\(store.bestPath) \(step.map { "is of step \($0)" } ?? "is missing"), but the best "
            + "weights of this run are those of step \(best.step): they are not measured")
        return false
      }
      try parameters.load(
        Checkpoint(reading: store.bestPath), for: configuration.settings.label,
        file: store.bestPath)
      return true
    }
    guard try communicator.any(isLoaded == true) else { return false }
    try communicator.distribute(parameters.set)
    return true
  }
}
