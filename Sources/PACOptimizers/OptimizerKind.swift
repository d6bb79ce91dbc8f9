/// The hyperparameters of optimizers.
public struct OptimizerSettings: Sendable, Equatable {
  /// μ, the fraction of the previous step that is kept.
  public var momentum = 0.0
  /// λ, weight decay.
  public var weightDecay = 0.0
  /// β₁, the decay of the mean of gradients.
  public var beta1 = 0.9
  /// β₂, the decay of the mean of squared gradients.
  public var beta2 = 0.999
  /// ε, added to the root of the mean square.
  public var epsilon = 1e-8

  /// The default hyperparameters.
  public init() {}

  /// A hyperparameter that only some optimizers use; the raw value is its key in configurations.
  public enum Field: String, CaseIterable, Sendable {
    case momentum, beta1, beta2, epsilon
  }

  /// The value of a hyperparameter.
  public subscript(field: Field) -> Double {
    switch field {
    case .momentum: momentum
    case .beta1: beta1
    case .beta2: beta2
    case .epsilon: epsilon
    }
  }
}

/// An optimizer by the name that configurations use.
public struct OptimizerKind: Sendable, Equatable, CustomStringConvertible {
  /// Every optimizer; a new one is a file that declares it, and its name here.
  public static let all = [adam, adamw, sgd]

  /// The name in configurations and checkpoints.
  public let description: String
  /// The hyperparameters that it uses besides weight decay.
  public let uses: [OptimizerSettings.Field]
  private let make: @Sendable (Int, OptimizerSettings) -> any Optimizer

  /// Declares an optimizer.
  /// - Parameters:
  ///   - name: its name in configurations.
  ///   - uses: the hyperparameters that it uses besides weight decay.
  ///   - make: makes one for a number of parameters.
  public init(
    _ name: String, uses: [OptimizerSettings.Field],
    make: @escaping @Sendable (_ count: Int, _ settings: OptimizerSettings) -> any Optimizer
  ) {
    description = name
    self.uses = uses
    self.make = make
  }

  /// Makes an optimizer for `count` parameters.
  public func callAsFunction(count: Int, _ settings: OptimizerSettings) -> any Optimizer {
    make(count, settings)
  }

  /// Whether two names are the same.
  public static func == (a: OptimizerKind, b: OptimizerKind) -> Bool {
    a.description == b.description
  }
}
