import PACAutograd
import PACDistributed
import PACKernels
import PACOptimizers
import PACTensors

/// One optimizer step of all ranks together: the gradients of a global batch, their sum, the new parameters.
///
/// New values of parameters that other ranks own may still be on their way when a step ends: whoever reads a parameter,
/// above all the next forward pass, waits until it is there.
///
/// Samples go through the network one at a time, and each one's gradient is a leaf of the fixed tree that sums them: the
/// result does not depend on how many ranks share the batch. A rank keeps the optimizer's state of the parameters it
/// owns only.
package final class ParallelStep {
  /// The replica's parameters, which are equal on all ranks when they are read between two steps.
  let parameters: ParameterSet
  /// The rule, for the parameters this rank owns.
  private(set) var optimizer: any Optimizer
  private let reduction: GradientReduction
  private let communicator: Communicator
  private let timeline: Timeline?

  /// Prepares for steps.
  /// - Parameters:
  ///   - parameters: the network's.
  ///   - order: in which order gradients are added.
  ///   - communicator: the ranks.
  ///   - timeline: where the times of a step are noted.
  ///   - overlaps: see `GradientReduction`.
  ///   - makeOptimizer: makes the rule for as many parameters as it is given.
  package init(
    _ parameters: ParameterSet, order: GradientReduction.Order, communicator: Communicator,
    timeline: Timeline? = nil, overlaps: Bool = true, makeOptimizer: (Int) -> any Optimizer
  ) {
    self.parameters = parameters
    self.communicator = communicator
    self.timeline = timeline
    reduction = GradientReduction(
      count: parameters.count, communicator: communicator, order: order, timeline: timeline,
      overlaps: overlaps)
    optimizer = makeOptimizer(reduction.ownedCount)
  }

  /// What the network made of one sample.
  package struct Outcome {
    /// The loss, whose gradient is wanted.
    let loss: Variable
    /// Numbers to be added up over the global batch, as many for each sample.
    let figures: [Double]
    /// The sample's name.
    let name: String

    package init(loss: Variable, figures: [Double], name: String) {
      self.loss = loss
      self.figures = figures
      self.name = name
    }
  }

  /// Sums over the samples of one global batch, the same on every rank.
  package struct Sums {
    /// The figures of `Outcome`, added in the order of positions.
    package let figures: [Double]
    /// Whether any rank asked to stop after this step.
    package let stop: Bool
  }

  /// Forward, backward, reduction, optimizer.
  /// - Parameters:
  ///   - shards: every rank's positions within the global batch.
  ///   - learningRate: the optimizer's.
  ///   - stopping: whether this rank wants to stop after the step.
  ///   - next: delivers this rank's samples one after the other.
  ///   - forward: runs network and loss on a sample.
  /// - Returns: sums over the global batch.
  /// - Throws: on all ranks alike what went wrong on one of them, or what `StepFaults` names; no parameter and nothing of
  ///   the optimizer has then changed.
  package func callAsFunction<Sample>(
    shards: [Range<Int>], learningRate: Double, stopping: Bool = false,
    next: () throws -> Sample, forward: (Sample, Tape) throws -> Outcome
  ) throws -> Sums {
    let batch = shards.last?.upperBound ?? 0
    var own = OwnSamples()
    var failure: (any Error)?
    reduction.begin(ranges: shards)
    do {
      for _ in shards[communicator.rank] {
        let sample = try during(.data) { try next() }
        try addGradient(of: batch, to: &own) { try forward(sample, $0) }
      }
    } catch let error as DistributedError {
      throw error
    } catch {
      // The other ranks may be waiting for this one's gradients.
      failure = error
    }
    try during(.waiting) { try reduction.finish() }
    // Whether the rank failed or wishes to stop, the number of bad samples, the largest total; then the figures.
    let head = [
      failure == nil ? 0 : 1, stopping ? 1 : 0, Double(own.faults.texts.count),
      Double(reduction.largestTotal),
    ]
    let all = try communicator.allGather(head + own.figures)
    if all.contains(where: { $0[0] != 0 }) { try communicator.agree(on: failure) }
    try own.faults.requireNone(
      counts: all.map { Int($0[2]) }, largestTotals: all.map { Float($0[3]) }, names: own.names,
      batch: batch, place: { reduction.firstTotal(beyond: StepFaults.largestGradient) },
      parameter: { place in
        parameters.entries.first { $0.range.contains(place) }?.name ?? ""
      }, communicator)
    try during(.optimizer) { try update(learningRate) }
    return Sums(
      stop: all.contains { $0[1] != 0 }, figures: all.flatMap { $0.dropFirst(head.count) },
      batch: batch)
  }

  /// What became of this rank's samples.
  private struct OwnSamples {
    var figures: [Double] = []
    var names: [String] = []
    var faults = StepFaults()
  }

  /// Adds the gradient of one sample's share of the batch's mean loss.
  private func addGradient(
    of batch: Int, to own: inout OwnSamples, _ forward: (Tape) throws -> Outcome
  ) throws {
    let buffer = reduction.beginSample()
    // In MPI's order all samples share one, and the next is not to be blamed for what a bad one left.
    if !own.faults.texts.isEmpty { buffer.clear() }
    parameters.gradients = buffer
    defer { parameters.gradients = nil }
    let tape = Tape()
    let outcome = try during(.forward) { try forward(tape) }
    if own.faults.accept(loss: outcome.loss.value.scalar, of: outcome.name) {
      do {
        let isPartialSum = reduction.order == .fastest && !own.names.isEmpty
        try during(.backward) {
          try backward(tape, outcome.loss, of: batch, into: buffer, isPartialSum)
        }
      } catch let gradient as StepFaults.BadGradient {
        own.faults.add(gradient, of: outcome.name)
      }
    }
    own.names.append(outcome.name)
    own.figures += outcome.figures
    try reduction.endSample()
  }

  /// Plays a tape back, and lets each parameter's gradient travel as soon as it is final and found to be usable.
  private func backward(
    _ tape: Tape, _ loss: Variable, of batch: Int, into buffer: FlatBuffer, _ isPartialSum: Bool
  ) throws {
    try tape.backward(from: loss, gradient: Tensor(scalar: 1 / Float(batch))) {
      for range in $0.lazy.map(\.range) {
        let largest = largestMagnitude(buffer.base + range.lowerBound, count: range.count)
        guard largest <= StepFaults.largestGradient else {
          throw StepFaults.BadGradient(largest: largest, isPartialSum: isPartialSum)
        }
        try reduction.complete(range)
      }
      try reduction.progress()
    }
  }

  /// Runs `body` as a phase, for those who watch this rank and for the timeline.
  private func during<R>(_ phase: Phase, _ body: () throws -> R) rethrows -> R {
    communicator.activity.enter(phase)
    return try timeline.measure("\(phase)", phase, body)
  }

  private func update(_ learningRate: Double) throws {
    optimizer.beginStep(learningRate: learningRate)
    try parameters.updateValues(
      { values in
        try reduction.update(values) {
          optimizer.update($0.values, gradients: $0.gradients, from: $0.ownedStart)
        }
      },
      // An error is thrown again where gradients begin to travel.
      receivedBy: { [reduction] in try? reduction.receive($0) })
  }

  // MARK: - Optimizer state

  /// What all ranks' optimizers carry, put together; all ranks call it together.
  /// - Parameter whole: becomes the state on rank 0, in the memory that it has from the last time.
  /// - Throws: `DistributedError` if MPI reports an error.
  func gatherOptimizerState(into whole: inout OptimizerState) throws {
    let owned = optimizer.state
    whole.stepCount = owned.stepCount
    for (name, slot) in owned.slots.sorted(by: { $0.key < $1.key }) {
      try reduction.gather(slot, into: &whole.slots[name, default: .zeros([0])])
    }
  }

  /// Gives each rank its part of a whole state; all ranks call it together.
  /// - Parameter whole: rank 0's counts.
  /// - Throws: on all ranks alike `OptimizerStateError` unless it belongs to this rule and network.
  func distribute(_ whole: OptimizerState?) throws {
    let names = optimizer.state.slots.keys.sorted()
    try communicator.onRankZero { try whole?.require(slots: names, count: parameters.count) }
    let steps = try communicator.allGather([whole?.stepCount ?? 0])[0][0]
    var own = OptimizerState(stepCount: steps, slots: [:])
    for name in names {
      // One at a time: no rank holds two whole ones.
      var slot = whole?.slots[name]?.reshaped([parameters.count]) ?? .zeros([parameters.count])
      try communicator.broadcast(&slot)
      own.slots[name] = reduction.owned(of: slot)
    }
    try optimizer.restore(own)
  }
}

extension ParallelStep.Sums {
  /// Adds up the figures of all samples, which follow each other.
  fileprivate init(stop: Bool, figures values: [Double], batch: Int) {
    self.stop = stop
    let count = batch == 0 ? 0 : values.count / batch
    figures = (0..<count).map { figure in
      (0..<batch).reduce(0) { $0 + values[$1 * count + figure] }
    }
  }
}
