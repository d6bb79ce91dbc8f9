/// Where a run stands between two steps.
struct RunPosition: Equatable {
  var epoch = 0
  var stepInEpoch = 0
  var step = 0
  /// Sums over the samples of the present epoch.
  var samples = 0
  var loss = 0.0
  /// One for each measure of the task.
  var values: [Double] = []

  mutating func add(_ sums: StepSums) {
    step += 1
    stepInEpoch += 1
    samples += sums.samples
    loss += sums.loss
    if values.isEmpty { values = [Double](repeating: 0, count: sums.values.count) }
    for (i, value) in sums.values.enumerated() { values[i] += value }
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
  /// Where a checkpoint was written.
  init(_ checkpoint: Checkpoint, _ measures: [Measure]) {
    self.init(
      epoch: checkpoint.epoch, stepInEpoch: checkpoint.stepInEpoch, step: checkpoint.step,
      samples: Int(checkpoint.runningSums["samples"] ?? 0),
      loss: checkpoint.runningSums["loss"] ?? 0,
      values: measures.map { checkpoint.runningSums[$0.name] ?? 0 })
  }

  /// The sums of the present epoch, as a checkpoint stores them.
  func sums(_ measures: [Measure]) -> [String: Double] {
    var sums = ["samples": Double(samples), "loss": loss]
    for (measure, value) in zip(measures, values) { sums[measure.name] = value }
    return sums
  }
}

extension RunPosition {
  /// Everything as numbers, to be sent to other ranks; the counts are exact below 2⁵³.
  var numbers: [Double] {
    [Double(epoch), Double(stepInEpoch), Double(step), Double(samples), loss] + values
  }

  /// The inverse of `numbers`.
  init(numbers: [Double]) {
    self.init(
      epoch: Int(numbers[0]), stepInEpoch: Int(numbers[1]), step: Int(numbers[2]),
      samples: Int(numbers[3]), loss: numbers[4], values: Array(numbers.dropFirst(5)))
  }
}
