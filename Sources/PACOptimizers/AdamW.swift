import PACKernels

/// Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019, algorithm 2), as
/// `torch.optim.AdamW`: p ← (1 − ηλ) p, then a step of Adam without weight decay.
///
/// Memory: two floats for each parameter.
public struct AdamW: Optimizer {
  /// λ, the fraction of each parameter that is taken off at learning rate 1.
  public let weightDecay: Double
  private var adam: Adam
  /// η of the step that was begun last.
  private var rate = 0.0

  /// Makes an optimizer for `count` parameters.
  public init(
    count: Int, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0.01
  ) {
    adam = Adam(count: count, beta1: beta1, beta2: beta2, epsilon: epsilon)
    self.weightDecay = weightDecay
  }

  /// That of Adam: `exp_avg`, `exp_avg_sq` and the step count.
  public var state: OptimizerState { adam.state }

  /// Takes over a state, for continuing a run.
  /// - Throws: `OptimizerStateError` unless the slots are those of Adam, in its size.
  public mutating func restore(_ state: OptimizerState) throws { try adam.restore(state) }

  /// Begins a step.
  public mutating func beginStep(learningRate: Double) {
    rate = learningRate
    adam.beginStep(learningRate: learningRate)
  }

  /// Takes the step for a part of the parameters; see `Optimizer`.
  public mutating func update(
    _ values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>,
    from start: Int, factors: ParameterFactors
  ) {
    let decay = weightDecay * factors.weightDecay
    let shrinkage = Float(1 - rate * factors.learningRate * decay)
    if let p = values.baseAddress { scale(p, by: shrinkage, into: p, count: values.count) }
    adam.update(values, gradients: gradients, from: start, factors: factors)
  }
}

extension OptimizerKind {
  /// `AdamW`.
  public static let adamw = OptimizerKind("adamw", uses: [.beta1, .beta2, .epsilon]) {
    count, settings in
    AdamW(
      count: count, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
      weightDecay: settings.weightDecay)
  }
}
