import PACConfiguration
import PACTraining

/// A loss that training minimises, or a term of it; the raw values are the names in configurations.
public enum UpsamplingLoss: Hashable, Sendable, RawRepresentable {
  /// The mean squared error of normalised values.
  case l2
  /// The root mean square error of raw values.
  case rmse
  /// The mean end-point error of raw vectors.
  case epe
  /// The mean absolute error of normalised values.
  case l1
  /// The mean of √(error² + ε²) of normalised values.
  case charbonnier(Double)
  /// The mean absolute error of differences between neighbours, of normalised values.
  case gradient

  private static let named: [String: UpsamplingLoss] = [
    "l2": .l2, "mse": .l2, "rmse": .rmse, "epe": .epe, "l1": .l1, "gradient": .gradient,
    "charbonnier": .charbonnier(0.001),
  ]

  /// Parses the name of a loss, `mse` being another for `l2`; nil if there is none of that name.
  public init?(rawValue: String) {
    if let loss = Self.named[rawValue] {
      self = loss
      return
    }
    let head = "charbonnier_"
    guard rawValue.hasPrefix(head),
      rawValue.dropFirst(head.count).allSatisfy({
        "0123456789.e-".contains($0)
      }), let epsilon = Double(rawValue.dropFirst(head.count)), epsilon >= 1e-9, epsilon <= 1
    else { return nil }
    self = .charbonnier(epsilon)
  }

  /// The name.
  public var rawValue: String {
    switch self {
    case .l2: "l2"
    case .rmse: "rmse"
    case .epe: "epe"
    case .l1: "l1"
    case .charbonnier(let epsilon): "charbonnier_\(epsilon)"
    case .gradient: "gradient"
    }
  }

  /// How configurations write it, alone or in a sum.
  static let kind = LossSum<UpsamplingLoss>.kind(
    allowed: "l2, rmse, epe, l1, charbonnier_{e} (1e-9 to 1) or gradient",
    choices: ["l1", "gradient", "l2", "rmse", "epe", "charbonnier"])
}
