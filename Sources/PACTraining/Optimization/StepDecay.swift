/// A learning rate that falls in steps: η(e) = η₀ · dⁿ, n = the number of milestones ≤ e.
///
/// Epochs count from 0 and a milestone counts in the epoch it names, as with `torch.optim.lr_scheduler.MultiStepLR`
/// stepped once after each epoch.
public struct StepDecay: Sendable, Equatable {
  /// η₀, the rate of epoch 0.
  public var initialRate: Double
  /// d, the factor at each milestone.
  public var decay: Double
  /// The epochs in which the rate falls.
  public var milestones: [Int]

  /// Makes a schedule.
  public init(initialRate: Double, decay: Double, milestones: [Int]) {
    self.initialRate = initialRate
    self.decay = decay
    self.milestones = milestones
  }

  /// The rate of an epoch, counted from 0.
  public func learningRate(epoch: Int) -> Double {
    milestones.reduce(initialRate) { $1 <= epoch ? $0 * decay : $0 }
  }
}

extension TrainingConfiguration {
  /// The schedule that lr, lr-decay and lr-steps describe.
  public var schedule: StepDecay {
    StepDecay(
      initialRate: learningRate, decay: learningRateDecay, milestones: learningRateSteps)
  }

  /// A fresh optimiser for `count` parameters.
  public func makeOptimizer(count: Int) -> any Optimizer {
    switch optimizer {
    case .adam:
      Adam(
        count: count, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
    case .sgd: SGD(count: count, momentum: momentum, weightDecay: weightDecay)
    }
  }
}
