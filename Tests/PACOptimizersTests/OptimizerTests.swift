import PACTensors
import PACTestSupport
import Testing

@testable import PACOptimizers

@Suite struct OptimizerTests {
  private static func make(_ name: String, count: Int = 5) -> (
    optimizer: any Optimizer, rate: Double
  ) {
    switch name {
    case "adam": (Adam(count: count), 0.05)
    case "adam decay": (Adam(count: count, weightDecay: 0.1), 0.05)
    case "adam betas":
      (Adam(count: count, beta1: 0.5, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.01), 0.02)
    case "sgd momentum": (SGD(count: count, momentum: 0.9), 0.05)
    case "sgd momentum decay": (SGD(count: count, momentum: 0.5, weightDecay: 0.1), 0.05)
    case "sgd decay": (SGD(count: count, weightDecay: 0.1), 0.05)
    default: (SGD(count: count), 0.05)
    }
  }

  private static func gradients(_ k: Int, _ parameters: Tensor) -> Tensor {
    let (a, b) = (OptimizerValues.slopes[k], OptimizerValues.offsets[k])
    return Tensor(
      parameters.shape,
      parameters.elements.enumerated().map { a[$0.offset % 5] * $0.element + b[$0.offset % 5] })
  }

  private static func rate(_ initial: Double, _ k: Int) -> Double {
    Schedule.steps.learningRate(
      step: k, ScheduleSettings(initialRate: initial, decay: 0.1, milestones: [4, 7]))
  }

  /// Tolerance: ten steps of about eight rounded operations each on values near 1, each within
  /// 6e-8.
  @Test(arguments: OptimizerValues.parameters.keys.sorted())
  func equalsPyTorch(_ name: String) throws {
    var (optimizer, initial) = Self.make(name)
    var parameters = Tensor([5], OptimizerValues.start)
    let expected = try #require(OptimizerValues.parameters[name])
    for k in 0..<10 {
      optimizer.step(
        parameters: &parameters, gradients: Self.gradients(k, parameters),
        learningRate: Self.rate(initial, k))
      for (found, value) in zip(parameters.elements, expected[k]) {
        #expect(abs(found - value) <= 1e-6 * max(1, abs(value)), "\(name), step \(k)")
      }
    }
    #expect(optimizer.state.stepCount == 10)
  }

  /// Vectors, their remainders, threads and blocks must not change a bit of any element.
  @Test(arguments: OptimizerValues.parameters.keys.sorted(), [0, 1, 15, 16, 17, 33, 200_003])
  func elementsDoNotDependOnTheirPlace(_ name: String, _ count: Int) {
    func run(_ count: Int) -> [UInt32] {
      var (optimizer, rate) = Self.make(name, count: count)
      var parameters = Tensor([count], (0..<count).map { OptimizerValues.start[$0 % 5] })
      for k in 0..<3 {
        optimizer.step(
          parameters: &parameters, gradients: Self.gradients(k, parameters), learningRate: rate)
      }
      return parameters.elements.map(\.bitPattern)
    }
    let few = run(5)
    let many = run(count)
    #expect(many.indices.allSatisfy { many[$0] == few[$0 % 5] })
  }

  /// Three owners of a part each do what one does alone.
  @Test(arguments: OptimizerValues.parameters.keys.sorted())
  func partsTakeTheSameStep(_ name: String) {
    let count = 41
    var (whole, rate) = Self.make(name, count: count)
    let start = Tensor([count], (0..<count).map { OptimizerValues.start[$0 % 5] })
    var expected = start
    var found = start
    let parts = [0..<16, 16..<17, 17..<41]
    var owners = parts.map { Self.make(name, count: $0.count).optimizer }
    for k in 0..<3 {
      let gradients = Self.gradients(k, expected)
      whole.step(parameters: &expected, gradients: gradients, learningRate: rate)
      for (owner, part) in parts.enumerated() {
        owners[owner].beginStep(learningRate: rate)
        // In two pieces.
        for piece in [part.prefix(9), part.dropFirst(9)] where !piece.isEmpty {
          found.withUnsafeMutableBufferPointer { values in
            gradients.withUnsafeBufferPointer {
              owners[owner].update(
                UnsafeMutableBufferPointer(rebasing: values[piece]),
                gradients: UnsafeBufferPointer(rebasing: $0[piece]),
                from: piece.lowerBound - part.lowerBound)
            }
          }
        }
      }
    }
    #expect(found.elements.map(\.bitPattern) == expected.elements.map(\.bitPattern))
  }

  @Test(arguments: OptimizerValues.parameters.keys.sorted())
  func restoredStateContinuesBitForBit(_ name: String) throws {
    var (optimizer, initial) = Self.make(name)
    var parameters = Tensor([5], OptimizerValues.start)
    var saved: (state: OptimizerState, parameters: Tensor)?
    for k in 0..<10 {
      if k == 6 { saved = (optimizer.state, parameters) }
      optimizer.step(
        parameters: &parameters, gradients: Self.gradients(k, parameters),
        learningRate: Self.rate(initial, k))
    }
    var restored = Self.make(name).optimizer
    var continued = try #require(saved).parameters
    try restored.restore(#require(saved).state)
    for k in 6..<10 {
      restored.step(
        parameters: &continued, gradients: Self.gradients(k, continued),
        learningRate: Self.rate(initial, k))
    }
    #expect(continued.elements.map(\.bitPattern) == parameters.elements.map(\.bitPattern))
  }

  @Test func foreignStatesAreRefused() {
    var adam = Adam(count: 3)
    var sgd = SGD(count: 3)
    let momentum = SGD(count: 3, momentum: 0.9)
    #expect(
      message { try adam.restore(momentum.state) }
        == "optimizer state: expected exp_avg, exp_avg_sq, found momentum_buffer")
    #expect(
      message { try sgd.restore(adam.state) }
        == "optimizer state: expected none, found exp_avg, exp_avg_sq")
    #expect(
      message { try adam.restore(Adam(count: 4).state) }
        == "optimizer state exp_avg: expected 3 elements, found 4")
    var state = adam.state
    state.stepCount = -1
    #expect(message { try adam.restore(state) } == "optimizer state: -1 steps taken")
  }

  @Test func gradientsStayAsTheyAre() {
    let gradients = Tensor([2], [1, -2])
    var parameters = Tensor([2], [3, 4])
    let before = parameters
    var sgd = SGD(count: 2, weightDecay: 0.5)
    sgd.step(parameters: &parameters, gradients: gradients, learningRate: 0.5)
    #expect(gradients.elements == [1, -2])
    #expect(before.elements == [3, 4])
    #expect(parameters.elements == [1.75, 4])
  }

  @Test func kindsMakeOptimizersWithTheirSettings() {
    var settings = OptimizerSettings()
    settings.momentum = 0.9
    settings.beta1 = 0.5
    settings.weightDecay = 0.1
    let sgd = OptimizerKind.sgd(count: 2, settings) as? SGD
    #expect(sgd?.momentum == 0.9 && sgd?.weightDecay == 0.1)
    let adam = OptimizerKind.adam(count: 2, settings) as? Adam
    #expect(adam?.beta1 == 0.5 && adam?.beta2 == 0.999 && adam?.weightDecay == 0.1)
    #expect(Set(OptimizerKind.all.map(\.description)).count == OptimizerKind.all.count)
  }
}
