import Glibc
import PACConfiguration
import PACOptimizers

/// A rule for the parameters whose names match a pattern: multipliers of learning rate and weight
/// decay, or that they are frozen.
///
/// Of several rules that match a parameter the last one counts, and it alone.
public struct ParameterRule: Sendable {
  /// A pattern as in a shell: `*` is any text, dots included, `?` any character, `[ab]` one of a few.
  public var pattern: String
  /// What the run's learning rate and weight decay are multiplied by.
  public var factors: ParameterFactors
  /// Where the rule was given, for messages.
  public private(set) var place = "parameters"

  /// Makes a rule.
  public init(_ pattern: String, _ factors: ParameterFactors) {
    self.pattern = pattern
    self.factors = factors
  }

  /// Whether the parameters get no gradient, no optimizer state and no step: the multiplier of the
  /// learning rate is 0.
  public var isFrozen: Bool { factors.learningRate == 0 }

  /// Whether the rule is for the parameter of this name.
  public func matches(_ name: String) -> Bool { fnmatch(pattern, name, 0) == 0 }

  /// Rules in a configuration.
  static let list: ConfigurationKind<[ParameterRule]> = {
    let defaults = ParameterRule("", .one)
    return .records(
      "rule", example: #"[{match: "*.bias", lr: 2, weight-decay: 0}]"#,
      fields: [
        ConfigurationKey(
          "match", \.pattern, .text, "pattern of names", in: defaults, example: #""*.bias""#,
          required: true,
          otherNames: ["pattern", "name", "params"]),
        ConfigurationKey(
          "lr", \.factors.learningRate, .notNegative, "multiplier of lr", in: defaults,
          otherNames: ["learning-rate", "lr-mult"]),
        ConfigurationKey(
          "weight-decay", \.factors.weightDecay, .notNegative, "multiplier of weight-decay",
          in: defaults, otherNames: ["decay", "decay-mult"]),
      ], in: defaults, place: \.place,
      fault: { rule in
        rule.isFrozen && rule.factors.weightDecay != 1
          ? "weight-decay: has no effect on frozen parameters (lr: 0); remove it" : nil
      })
  }()
}
