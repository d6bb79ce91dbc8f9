import PACConfiguration

/// How much the pixels of each class count in the loss.
public enum ClassWeights: Hashable, Sendable {
  /// All alike.
  case none
  /// By the inverse of how often the class occurs in the training split, see
  /// `inverseFrequencyWeights`.
  case inverseFrequency
  /// By the given numbers.
  case given([Double])

  private static let numbers = ConfigurationKind<[Double]>.list(
    "a list of weights", of: .notNegative, isAllowed: { $0.contains { $0 > 0 } })

  /// How configurations write it.
  static let kind = ConfigurationKind<ClassWeights>(
    allowed: "none, inverse-frequency, or a list of numbers of at least 0 such as [1, 2.5], one "
      + "for each class and one above 0",
    choices: ["none", "inverse-frequency"],
    read: { (value: ConfigurationValue, place: String) throws(ConfigurationError) -> Self? in
      switch value.text {
      case "none": return ClassWeights.none
      case "inverse-frequency": return .inverseFrequency
      default: return try numbers.read(value, place).map { .given($0) }
      }
    },
    format: {
      switch $0 {
      case .none: "none"
      case .inverseFrequency: "inverse-frequency"
      case .given(let weights): numbers.format(weights)
      }
    })
}

/// Weights that let every class count the same in all pixels together: w_c = N / (K · n_c), with
/// n_c pixels of class c, N of all classes, and K classes that have any; 1 for a class without.
///
/// The counts are integers: the result depends on no order.
func inverseFrequencyWeights(_ counts: [Int]) -> [Float] {
  let present = counts.count { $0 > 0 }
  let total = Double(counts.reduce(0, +))
  return counts.map { $0 > 0 ? Float(total / (Double(present) * Double($0))) : 1 }
}
