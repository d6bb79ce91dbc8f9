import PACCheckpoints

/// The position of a run between two steps, the sums of its current epoch, and what its validations
/// have found.
struct RunPosition: Equatable {
  var epoch = 0
  var stepInEpoch = 0
  var step = 0
  /// Sums over the samples of the current epoch.
  var samples = 0
  var loss = 0.0
  /// One for each metric of the task.
  var values: [Double] = []
  /// What the validations have found so far.
  var validation = ValidationState()

  /// Counts a step.
  /// - Parameters:
  ///   - samples: the number of samples in its global batch.
  ///   - figures: sums over them: the loss, and a value for each metric.
  mutating func addStep(of samples: Int, figures: [Double]) {
    step += 1
    stepInEpoch += 1
    self.samples += samples
    loss += figures[0]
    if values.isEmpty { values = [Double](repeating: 0, count: figures.count - 1) }
    for (i, value) in figures.dropFirst().enumerated() { values[i] += value }
  }

  mutating func beginEpoch() {
    epoch += 1
    stepInEpoch = 0
    samples = 0
    loss = 0
    values = []
  }
}

extension RunPosition {
  /// The position at which a checkpoint was written.
  /// - Throws: `CheckpointError` if its sums are not those of samples.
  init(_ checkpoint: Checkpoint, _ metrics: [Metric], file: String) throws(CheckpointError) {
    let sum = checkpoint.runningSums["samples"] ?? 0
    guard let samples = Int(exactly: sum), (0...1 << 53).contains(samples) else {
      throw CheckpointError(file: file, fault: .corrupt(reason: "its sums are of \(sum) samples"))
    }
    self.init(
      epoch: checkpoint.epoch, stepInEpoch: checkpoint.stepInEpoch, step: checkpoint.step,
      samples: samples,
      loss: checkpoint.runningSums["loss"] ?? 0,
      values: metrics.map { checkpoint.runningSums[$0.name] ?? 0 },
      validation: checkpoint.validation)
  }

  /// The sums of the current epoch, as a checkpoint stores them.
  func sums(_ metrics: [Metric]) -> [String: Double] {
    var sums = ["samples": Double(samples), "loss": loss]
    for (metric, value) in zip(metrics, values) { sums[metric.name] = value }
    return sums
  }
}

extension RunPosition {
  /// Everything as numbers, to send to other ranks; counts are exact below 2⁵³.
  var numbers: [Double] {
    [Double(epoch), Double(stepInEpoch), Double(step), Double(samples), loss]
      + validation.numbers + values
  }

  /// The inverse of `numbers`.
  init(numbers: [Double]) {
    self.init(
      epoch: Int(numbers[0]), stepInEpoch: Int(numbers[1]), step: Int(numbers[2]),
      samples: Int(numbers[3]), loss: numbers[4],
      values: Array(numbers.dropFirst(5 + ValidationState().numbers.count)),
      validation: ValidationState(numbers: numbers.dropFirst(5)))
  }
}

extension ValidationState {
  /// Everything as numbers; without best weights those of the best are 0.
  fileprivate var numbers: [Double] {
    [Double(step), Double(withoutImprovement), best == nil ? 0 : 1]
      + [best?.value ?? 0, Double(best?.step ?? 0), Double(best?.epoch ?? 0)]
  }

  /// The inverse of `numbers`, which may be followed by others.
  fileprivate init(numbers: ArraySlice<Double>) {
    let numbers = Array(numbers)
    self.init()
    step = Int(numbers[0])
    withoutImprovement = Int(numbers[1])
    guard numbers[2] == 1 else { return }
    best = Best(value: numbers[3], step: Int(numbers[4]), epoch: Int(numbers[5]))
  }
}
