import PACKernels
import PACTensors

/// Stochastic gradient descent with momentum, as `torch.optim.SGD` without dampening and without
/// Nesterov momentum.
///
/// Weight decay is an L2 term, added to the gradient. Memory: one float per parameter with
/// momentum, else none.
public struct SGD: Optimizer {
  /// μ, the fraction of the previous step that is kept.
  public let momentum: Double
  /// λ, the multiple of each parameter added to its gradient.
  public let weightDecay: Double
  private let count: Int
  private var stepCount = 0
  /// η of the current step.
  private var rate = 0.0
  /// Σ μᵏ g over the steps so far; nil without momentum.
  private var velocity: Tensor?

  /// Makes an optimizer for `count` parameters.
  public init(count: Int, momentum: Double = 0, weightDecay: Double = 0) {
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.count = count
    // PyTorch starts with the first gradient, which equals starting from zeros without dampening.
    self.velocity = momentum == 0 ? nil : .zeros([count])
  }

  /// `momentum_buffer` if there is momentum, and the step count.
  public var state: OptimizerState {
    OptimizerState(
      stepCount: stepCount, slots: velocity.map { ["momentum_buffer": $0] } ?? [:])
  }

  /// Restores a state to resume a run.
  /// - Throws: `OptimizerStateError` unless the slots have the names and the size of this
  ///   optimizer's.
  public mutating func restore(_ state: OptimizerState) throws {
    try state.require(slots: velocity == nil ? [] : ["momentum_buffer"], count: count)
    (stepCount, velocity) = (state.stepCount, state.slots["momentum_buffer"])
  }

  /// Begins a step.
  public mutating func beginStep(learningRate: Double) {
    stepCount += 1
    rate = learningRate
  }

  /// Updates a part of the parameters; see `Optimizer`.
  public mutating func update(
    _ values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>,
    from start: Int, factors: ParameterFactors
  ) {
    requirePart(values, gradients, from: start, of: count)
    guard let p = values.baseAddress, let g = gradients.baseAddress else { return }
    let rate = Float(rate * factors.learningRate)
    let decay = Float(weightDecay * factors.weightDecay)
    let moved: Void? = velocity?.withUnsafeMutableBufferPointer { b in
      guard let b = b.baseAddress else { return }
      momentumStep(
        parameters: p, gradients: g, velocity: b + start, count: values.count,
        learningRate: rate, momentum: Float(momentum), weightDecay: decay)
    }
    if moved == nil {
      gradientStep(
        parameters: p, gradients: g, count: values.count, learningRate: rate, weightDecay: decay)
    }
  }
}

extension OptimizerKind {
  /// `SGD`.
  public static let sgd = OptimizerKind("sgd", uses: [.momentum]) { count, settings in
    SGD(count: count, momentum: settings.momentum, weightDecay: settings.weightDecay)
  }
}
