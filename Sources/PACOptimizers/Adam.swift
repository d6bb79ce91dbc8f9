import PACKernels
import PACTensors

/// Adam (Kingma and Ba, ICLR 2015, algorithm 1) with bias correction, as `torch.optim.Adam`.
///
/// Weight decay is an L2 term: it is added to the gradient and so enters both means. Memory: two
/// floats per parameter.
public struct Adam: Optimizer {
  /// β₁, the decay of the mean of gradients.
  public let beta1: Double
  /// β₂, the decay of the mean of squared gradients.
  public let beta2: Double
  /// ε, added to the root of the mean square.
  public let epsilon: Double
  /// λ, the multiple of each parameter added to its gradient.
  public let weightDecay: Double
  private let count: Int
  private var stepCount = 0
  /// η of the current step.
  private var rate = 0.0
  private var mean: Tensor
  private var meanSquare: Tensor

  /// Makes an optimizer for `count` parameters.
  public init(
    count: Int, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.count = count
    self.mean = .zeros([count])
    self.meanSquare = .zeros([count])
  }

  /// `exp_avg` and `exp_avg_sq`, the two means, and the step count of the bias correction.
  public var state: OptimizerState {
    OptimizerState(stepCount: stepCount, slots: ["exp_avg": mean, "exp_avg_sq": meanSquare])
  }

  /// Restores a state to resume a run.
  /// - Throws: `OptimizerStateError` unless the slots have the names and the size of this
  ///   optimizer's.
  public mutating func restore(_ state: OptimizerState) throws {
    try state.require(slots: ["exp_avg", "exp_avg_sq"], count: count)
    guard let mean = state.slots["exp_avg"], let meanSquare = state.slots["exp_avg_sq"] else {
      return
    }
    (stepCount, self.mean, self.meanSquare) = (state.stepCount, mean, meanSquare)
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
    precondition(stepCount > 0, "update without beginStep")
    let coefficients = AdamCoefficients(
      step: stepCount, learningRate: rate * factors.learningRate,
      weightDecay: weightDecay * factors.weightDecay, beta1: beta1, beta2: beta2, epsilon: epsilon)
    mean.withUnsafeMutableBufferPointer { m in
      meanSquare.withUnsafeMutableBufferPointer { v in
        guard let p = values.baseAddress, let g = gradients.baseAddress, let m = m.baseAddress,
          let v = v.baseAddress
        else { return }
        adamStep(
          parameters: p, gradients: g, mean: m + start, meanSquare: v + start,
          count: values.count, coefficients: coefficients)
      }
    }
  }
}

extension OptimizerKind {
  /// `Adam`.
  public static let adam = OptimizerKind("adam", uses: [.beta1, .beta2, .epsilon]) {
    count, settings in
    Adam(
      count: count, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
      weightDecay: settings.weightDecay)
  }
}
