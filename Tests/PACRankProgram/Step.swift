import Glibc
import PACAutograd
import PACDistributed
import PACOptimizers
import PACTensors
import PACTraining

/// `step ORDER BATCH NAME=VALUE…`: one step of all ranks with values injected into samples.
///
/// NAME is `lossK` or `gradientK` for sample K, or `gradients` for all samples: VALUE replaces the
/// loss, or an element of the gradient of the mean. Everything else is a small number. `slowR`
/// makes rank R's optimizer take VALUE seconds. Each rank prints the error, or else the distinct
/// values of the weights; then whether the parameters are unchanged, and how many steps its
/// optimizer began.
func step(_ arguments: [String], _ communicator: Communicator) throws {
  let batch = Int(arguments[1]) ?? 0
  let values = Dictionary(
    uniqueKeysWithValues: arguments.dropFirst(2).map { argument in
      let parts = argument.split(separator: "=")
      return (String(parts[0]), Float(parts[1]) ?? 0)
    })
  let weights = Parameter(Tensor.zeros([29]))
  let parameters = ParameterSet([("first", Parameter(Tensor.zeros([11]))), ("second", weights)])
  let count = Counter()
  let pause = values["slow\(communicator.rank)"] ?? 0
  let step = ParallelStep(
    parameters, order: arguments[0] == "fastest" ? .fastest : .repeatable,
    communicator: communicator
  ) { CountingOptimizer(SGD(count: $0), count, pause: pause) }
  let ranks = communicator.worldSize
  let shards = (0..<ranks).map { batch * $0 / ranks..<batch * ($0 + 1) / ranks }
  var next = shards[communicator.rank].lowerBound
  communicator.activity.begin(step: 5)
  do {
    _ = try step(
      shards: shards, learningRate: 1,
      next: {
        defer { next += 1 }
        return next
      },
      forward: { sample, tape in
        let loss = values["loss\(sample)"] ?? 1
        let injected = values["gradient\(sample)"] ?? values["gradients"] ?? 0.25
        let result = Variable.result(
          Tensor(scalar: loss), of: "loss", weights.variable(on: tape)
        ) { _, gradient in
          gradient.accumulate(Tensor([29], (0..<29).map { $0 == 17 ? injected : 0.25 }))
        }
        return ParallelStep.Outcome(loss: result, figures: [1], name: "s\(sample)")
      })
    print("done: weights", Set(weights.value.elements).sorted())
  } catch {
    print("\(error)")
  }
  print(parameters.values.elements.allSatisfy { $0 == 0 }, count.value)
}

/// Counts on one thread only: `@unchecked Sendable` because an optimizer is `Sendable`.
private final class Counter: @unchecked Sendable {
  var value = 0
}

/// Another optimizer whose steps are counted and may take their time.
private struct CountingOptimizer: Optimizer {
  private var rule: any Optimizer
  private let count: Counter
  private let pause: Float

  init(_ rule: any Optimizer, _ count: Counter, pause: Float) {
    self.rule = rule
    self.count = count
    self.pause = pause
  }

  var state: OptimizerState { rule.state }

  mutating func restore(_ state: OptimizerState) throws { try rule.restore(state) }

  mutating func beginStep(learningRate: Double) {
    count.value += 1
    rule.beginStep(learningRate: learningRate)
  }

  mutating func update(
    _ values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>,
    from start: Int, factors: ParameterFactors
  ) {
    usleep(UInt32(pause * 1e6))
    rule.update(values, gradients: gradients, from: start, factors: factors)
  }
}
