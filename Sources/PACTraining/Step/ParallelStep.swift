import PACAutograd
import PACDistributed
import PACKernels
import PACOptimizers
import PACTensors

/// One optimizer step of all ranks together: the gradients of a global batch, their reduce-scatter,
/// the update of the parameters that each rank owns, and the all-gather of the new parameters; with
/// the order `.fastest` an all-reduce and the update of all parameters on every rank.
///
/// The optimizer is sharded (ZeRO-1): a rank keeps the optimizer state only of the parameters it
/// owns. The all-gather may still be in progress when a step ends; whoever reads a parameter, above
/// all the next forward pass, waits until its new value has arrived.
///
/// Samples go through the network one at a time, and their gradients are the leaves of a fixed
/// summation tree, so the result does not depend on how many ranks share the batch.
package final class ParallelStep {
  /// The parameters of this rank's replica; equal on all ranks when read between two steps.
  let parameters: ParameterSet
  /// The optimizer of the parameters that this rank owns.
  private(set) var optimizer: any Optimizer
  private let groups: ParameterGroups
  private let reduction: GradientReduction
  private let communicator: Communicator
  private let timeline: Timeline?
  /// The seconds, over all steps, in which totals of the gradients were waited for after the
  /// backward pass.
  private(set) var secondsOfWaiting = 0.0

  /// Prepares for steps.
  /// - Parameters:
  ///   - parameters: the network's parameters that are trained.
  ///   - groups: their factors of learning rate and weight decay.
  ///   - order: the order in which gradients are summed.
  ///   - communicator: the ranks.
  ///   - timeline: records the phases of a step.
  ///   - overlaps: see `GradientReduction`.
  ///   - makeOptimizer: makes an optimizer for the given number of parameters.
  package init(
    _ parameters: ParameterSet, groups: ParameterGroups = ParameterGroups(),
    order: GradientReduction.Order, communicator: Communicator,
    timeline: Timeline? = nil, overlaps: Bool = true, makeOptimizer: (Int) -> any Optimizer
  ) {
    self.parameters = parameters
    self.groups = groups
    self.communicator = communicator
    self.timeline = timeline
    reduction = GradientReduction(
      count: parameters.count, communicator: communicator, order: order, timeline: timeline,
      overlaps: overlaps)
    optimizer = makeOptimizer(reduction.ownedCount)
  }

  /// The result of the forward pass of one sample.
  package struct Outcome {
    /// The loss, from which the backward pass starts.
    let loss: Variable
    /// Numbers to sum over the global batch, equally many for each sample.
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
    /// The sums of `Outcome.figures`, added in the order of the samples.
    package let figures: [Double]
    /// Whether any rank asked to stop after this step.
    package let stop: Bool
  }

  /// Runs forward, backward, reduction and optimizer.
  /// - Parameters:
  ///   - shards: the positions of every rank's samples within the global batch.
  ///   - learningRate: the learning rate of this step.
  ///   - stopping: whether this rank wants to stop after the step.
  ///   - next: returns this rank's next sample.
  ///   - forward: runs the network and the loss on a sample.
  /// - Returns: sums over the global batch.
  /// - Throws: the error of any rank, or what `StepFaults` finds, on all ranks alike; parameters
  ///   and optimizer state are then unchanged.
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
    let passed = ContinuousClock.now
    try during(.waiting) { try reduction.finish() }
    secondsOfWaiting += (ContinuousClock.now - passed) / .seconds(1)
    // Whether this rank failed, whether it wants to stop, the number of bad samples, and the
    // largest gradient sum; then the figures.
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

  /// The results of this rank's samples.
  private struct OwnSamples {
    var figures: [Double] = []
    var names: [String] = []
    var faults = StepFaults()
  }

  /// Adds the gradient of one sample's contribution to the mean loss of the batch.
  private func addGradient(
    of batch: Int, to own: inout OwnSamples, _ forward: (Tape) throws -> Outcome
  ) throws {
    let buffer = reduction.beginSample()
    // In MPI's order all samples share one buffer: a bad sample must not spoil the next one's.
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

  /// Runs the backward pass, and hands each parameter's gradient to the reduction as soon as it is
  /// final and found usable.
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

  /// Runs `body` as a phase, which heartbeats and the timeline report.
  private func during<R>(_ phase: Phase, _ body: () throws -> R) rethrows -> R {
    communicator.activity.enter(phase)
    return try timeline.measure("\(phase)", phase, body)
  }

  private func update(_ learningRate: Double) throws {
    optimizer.beginStep(learningRate: learningRate)
    try parameters.updateValues(
      { values in
        try reduction.update(values) { segment in
          let part = segment.start..<segment.start + segment.values.count
          for (range, factors) in groups.pieces(of: part) {
            let own = range.lowerBound - segment.start..<range.upperBound - segment.start
            optimizer.update(
              UnsafeMutableBufferPointer(rebasing: segment.values[own]),
              gradients: UnsafeBufferPointer(rebasing: segment.gradients[own]),
              from: segment.ownedStart + own.lowerBound, factors: factors)
          }
        }
      },
      // An error is thrown again when the next reduction begins.
      receivedBy: { [reduction] in try? reduction.receive($0) })
  }

  // MARK: - Optimizer state

  /// Gathers the sharded optimizer state on rank 0; all ranks call it together.
  /// - Parameter whole: receives the state on rank 0; its memory is reused.
  /// - Throws: `DistributedError` if MPI reports an error.
  func gatherOptimizerState(into whole: inout OptimizerState) throws {
    let owned = optimizer.state
    whole.stepCount = owned.stepCount
    for (name, slot) in owned.slots.sorted(by: { $0.key < $1.key }) {
      try reduction.gather(slot, into: &whole.slots[name, default: .zeros([0])])
    }
  }

  /// Distributes an optimizer state from rank 0 to its shards; all ranks call it together.
  /// - Parameter whole: the state on rank 0; ignored on other ranks.
  /// - Throws: `OptimizerStateError`, on all ranks alike, unless it fits this optimizer and
  ///   network.
  func distribute(_ whole: OptimizerState?) throws {
    let names = optimizer.state.slots.keys.sorted()
    try communicator.onRankZero { try whole?.require(slots: names, count: parameters.count) }
    let steps = try communicator.allGather([whole?.stepCount ?? 0])[0][0]
    var own = OptimizerState(stepCount: steps, slots: [:])
    for name in names {
      // One slot at a time, so that no rank holds two whole ones.
      var slot = whole?.slots[name]?.reshaped([parameters.count]) ?? .zeros([parameters.count])
      try communicator.broadcast(&slot)
      own.slots[name] = reduction.owned(of: slot)
    }
    try optimizer.restore(own)
  }
}

extension ParallelStep.Sums {
  /// Sums the figures of all samples, which are stored one after the other.
  fileprivate init(stop: Bool, figures values: [Double], batch: Int) {
    self.stop = stop
    let count = batch == 0 ? 0 : values.count / batch
    figures = (0..<count).map { figure in
      (0..<batch).reduce(0) { $0 + values[$1 * count + figure] }
    }
  }
}
