import Autograd
import Data
import Distributed
import Tensors

/// Sums over the samples of one global batch.
struct StepSums {
  var samples = 0
  var loss = 0.0
  /// One for each measure of the task.
  var values: [Double] = []
  /// Whether any rank asked to stop after this step.
  var stop = false
}

/// One replica of the network, its optimiser, and the step that all ranks take together.
final class Trainer<Task: TrainingTask> {
  let parameters: ParameterSet
  private let task: Task
  private var optimizer: any Optimizer
  private let communicator: Communicator

  init(_ task: Task, communicator: Communicator) {
    self.task = task
    self.parameters = ParameterSet(task.parameters)
    self.optimizer = task.configuration.makeOptimizer(count: parameters.count)
    self.communicator = communicator
  }

  /// How many numbers travel behind the gradients: wish to stop, loss, measures.
  private var extras: Int { 2 + task.measures.count }

  /// Forward, backward, all-reduce, optimiser.
  ///
  /// Samples go through the network one at a time, and each one's gradient is a leaf of the fixed tree that sums them:
  /// the result does not depend on how many ranks share the batch.
  /// - Parameters:
  ///   - epoch: the present epoch.
  ///   - shards: every rank's positions within the global batch.
  ///   - learningRate: the optimiser's.
  ///   - stopping: whether this rank wants to stop after the step.
  ///   - next: delivers this rank's samples one after the other.
  /// - Returns: sums over the global batch, the same on every rank.
  /// - Throws: on all ranks alike what went wrong on one of them.
  func step(
    epoch: Int, shards: [Range<Int>], learningRate: Double, stopping: Bool,
    next: () throws -> Task.Source.Case?
  ) throws -> StepSums {
    let batch = shards.last?.upperBound ?? 0
    let shard = shards[communicator.rank]
    var sum = TreeSum(count: parameters.count + extras, range: shard)
    try communicator.together {
      for _ in shard {
        guard let sample = try next() else { preconditionFailure("the plan has more samples") }
        sum.add(try gradient(of: sample, epoch: epoch, batch: batch, stopping: stopping))
      }
    }
    let total = try communicator.allReduce(sum, ranges: shards)
    let gradients = total.slice(from: 0, [parameters.count])
    parameters.updateValues {
      optimizer.step(parameters: &$0, gradients: gradients, learningRate: learningRate)
    }
    let extras = total.slice(from: parameters.count, [extras]).elements.map(Double.init)
    return StepSums(
      samples: batch, loss: extras[1], values: Array(extras[2...]), stop: extras[0] > 0)
  }

  // MARK: - Checkpoints

  /// Everything needed to go on from here.
  func checkpoint(_ progress: RunPosition) -> Checkpoint {
    let configuration = task.configuration
    return Checkpoint(
      epoch: progress.epoch, step: progress.step, stepInEpoch: progress.stepInEpoch,
      seed: configuration.seed, model: configuration.model.rawValue, factor: configuration.factor,
      configuration: configuration.yaml,
      parameters: parameters.entries.map { NamedTensor(name: $0.name, value: $0.parameter.value) },
      optimizer: optimizer.name.rawValue, optimizerState: optimizer.state,
      runningSums: progress.sums(task.measures))
  }

  /// Takes over parameters and optimiser state.
  func restore(_ checkpoint: Checkpoint, file: String) throws {
    try parameters.load(checkpoint, task.configuration, file: file)
    try optimizer.restore(checkpoint.optimizerState)
  }

  // MARK: - One sample

  /// One sample's share of the batch's mean gradient, with wish to stop, loss and measures behind it.
  private func gradient(
    of sample: Task.Source.Case, epoch: Int, batch: Int, stopping: Bool
  ) throws -> Tensor {
    let tape = Tape()
    let (loss, values) = try task.loss(of: sample, epoch: epoch, tape: tape)
    guard loss.value.scalar.isFinite else {
      throw TrainingError.diverged(sample: sample.name, loss: loss.value.scalar)
    }
    tape.backward(from: loss, gradient: Tensor(scalar: 1 / Float(batch)))
    let gradients = parameters.takeGradients()
    guard gradients.isFinite else {
      throw TrainingError.diverged(sample: sample.name, loss: loss.value.scalar)
    }
    return gradients.appending([stopping ? 1 : 0, loss.value.scalar] + values.map(Float.init))
  }
}

extension Tensor {
  /// Whether every element is a finite number.
  fileprivate var isFinite: Bool {
    withUnsafeBufferPointer { elements in
      // 0 · x is 0 for finite x and NaN otherwise; one sum instead of a branch an element.
      var sum: Float = 0
      for element in elements { sum += element * 0 }
      return sum == 0
    }
  }

  /// The elements of this vector and some more.
  fileprivate func appending(_ more: [Float]) -> Tensor {
    withUnsafeBufferPointer { own in
      Tensor([own.count + more.count]) { target in
        _ = target.update(fromContentsOf: own)
        for (i, value) in more.enumerated() { target[own.count + i] = value }
      }
    }
  }
}
