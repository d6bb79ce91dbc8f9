import Autograd
import Distributed
import Kernels
import Tensors

/// One optimiser step of all ranks together: the gradients of a global batch, their sum, the new parameters.
///
/// Samples go through the network one at a time, and each one's gradient is a leaf of the fixed tree that sums them: the
/// result does not depend on how many ranks share the batch. A rank keeps the optimiser's state of the parameters it
/// owns only.
package final class ParallelStep {
  /// The replica's parameters, which are equal on all ranks between two steps.
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

  /// Forward, backward, reduction, optimiser.
  /// - Parameters:
  ///   - shards: every rank's positions within the global batch.
  ///   - learningRate: the optimiser's.
  ///   - stopping: whether this rank wants to stop after the step.
  ///   - next: delivers this rank's samples one after the other.
  ///   - forward: runs network and loss on a sample.
  /// - Returns: sums over the global batch.
  /// - Throws: on all ranks alike what went wrong on one of them; no parameter has then changed.
  package func callAsFunction<Sample>(
    shards: [Range<Int>], learningRate: Double, stopping: Bool = false,
    next: () throws -> Sample, forward: (Sample, Tape) throws -> Outcome
  ) throws -> Sums {
    let batch = shards.last?.upperBound ?? 0
    var figures: [Double] = []
    var failure: (any Error)?
    reduction.begin(ranges: shards)
    do {
      for _ in shards[communicator.rank] {
        let sample = try during(.data) { try next() }
        figures += try gradient(of: batch) { try forward(sample, $0) }
      }
    } catch let error as DistributedError {
      throw error
    } catch let fault as TrainingError where fault.isDivergence {
      failure = TrainingError.step(communicator.activity.step, diverged: [fault])
    } catch {
      // The other ranks may be waiting for this one's gradients.
      failure = error
    }
    try during(.waiting) { try reduction.finish() }
    try communicator.agree(on: failure)
    let all = try communicator.allGather([stopping ? 1 : 0] + figures)
    try during(.optimizer) { try update(learningRate) }
    return Sums(all, batch: batch)
  }

  /// Adds the gradient of one sample's share of the batch's mean loss.
  /// - Returns: the sample's figures.
  private func gradient(of batch: Int, _ forward: (Tape) throws -> Outcome) throws -> [Double] {
    let buffer = reduction.beginSample()
    parameters.gradients = buffer
    defer { parameters.gradients = nil }
    let tape = Tape()
    let outcome = try during(.forward) { try forward(tape) }
    let loss = outcome.loss.value.scalar
    guard loss.isFinite else { throw TrainingError.diverged(sample: outcome.name, loss: loss) }
    try during(.backward) {
      try tape.backward(from: outcome.loss, gradient: Tensor(scalar: 1 / Float(batch))) {
        for parameter in $0 {
          guard areFinite(buffer.base + parameter.range.lowerBound, count: parameter.range.count)
          else { throw TrainingError.diverged(sample: outcome.name, loss: loss) }
          try reduction.complete(parameter.range)
        }
        try reduction.progress()
      }
    }
    try reduction.endSample()
    return outcome.figures
  }

  /// Runs `body` as a phase, for those who watch this rank and for the timeline.
  private func during<R>(_ phase: Phase, _ body: () throws -> R) rethrows -> R {
    communicator.activity.enter(phase)
    return try timeline.measure("\(phase)", phase, body)
  }

  private func update(_ learningRate: Double) throws {
    optimizer.beginStep(learningRate: learningRate)
    try parameters.updateValues { values in
      try reduction.update(&values) {
        optimizer.update($0.values, gradients: $0.gradients, from: $0.ownedStart)
      }
    }
  }

  // MARK: - Optimiser state

  /// What all ranks' optimisers carry, put together; all ranks call it together.
  /// - Returns: the state on the leader, nil elsewhere.
  func gatherOptimizerState() throws -> OptimizerState? {
    let owned = optimizer.state
    var whole = OptimizerState(stepCount: owned.stepCount, slots: [:])
    for (name, slot) in owned.slots.sorted(by: { $0.key < $1.key }) {
      whole.slots[name] = try reduction.gather(slot)
    }
    return communicator.isLeader ? whole : nil
  }

  /// Takes over this rank's part of a whole state.
  /// - Throws: `OptimizerStateError` unless it belongs to this rule and network.
  func restore(_ whole: OptimizerState) throws {
    try whole.require(slots: optimizer.state.slots.keys.sorted(), count: parameters.count)
    try optimizer.restore(
      OptimizerState(
        stepCount: whole.stepCount, slots: whole.slots.mapValues(reduction.owned(of:))))
  }
}

extension ParallelStep.Sums {
  /// Adds up what the ranks gathered: each a wish to stop, then the figures of its samples.
  fileprivate init(_ all: [[Double]], batch: Int) {
    stop = all.contains { $0[0] != 0 }
    let values = all.flatMap { $0.dropFirst() }
    let count = batch == 0 ? 0 : values.count / batch
    figures = (0..<count).map { figure in
      (0..<batch).reduce(0) { $0 + values[$1 * count + figure] }
    }
  }
}
