import PACConfiguration
import PACLayers
import PACTraining

/// A loss that training minimises, or a term of it.
public enum SegmentationLoss: Hashable, Sendable, RawRepresentable {
  /// Cross-entropy: the mean over labelled pixels of −log of the true class's probability.
  case crossEntropy
  /// Cross-entropy over the pixels whose true class has at most this probability, see
  /// `focusedCrossEntropy`.
  case focused(Double)
  /// Focal loss with this γ: cross-entropy times (1 − probability)^γ.
  case focal(Double)
  /// Cross-entropy of the labelled pixels with the greatest losses.
  case hardest(HardPixels)
  /// Soft Dice loss over the classes of the image, see `diceLoss`.
  case dice

  /// Parses the name of a loss; nil if there is none of that name.
  public init?(rawValue: String) {
    switch rawValue {
    case "ce": self = .crossEntropy
    case "dice": self = .dice
    case "focal": self = .focal(2)
    default:
      guard let mark = rawValue.firstIndex(of: "_"),
        let number = decimal(rawValue[rawValue.index(after: mark)...]),
        let loss = Self.parse(rawValue[..<mark], number)
      else { return nil }
      self = loss
    }
  }

  private static func parse(_ head: Substring, _ number: Double) -> SegmentationLoss? {
    switch head {
    case "fce" where number > 0 && number < 1: .focused(number)
    case "focal" where number > 0 && number <= 100: .focal(number)
    case "ohem" where number > 0 && number < 1: .hardest(.share(number))
    case "ohem" where number >= 1 && number <= 1e9 && number == number.rounded():
      .hardest(.count(Int(number)))
    default: nil
    }
  }

  /// The name.
  public var rawValue: String {
    switch self {
    case .crossEntropy: "ce"
    case .focused(let confidence): "fce_\(confidence)"
    case .focal(let focus): "focal_\(focus)"
    case .hardest(.share(let share)): "ohem_\(share)"
    case .hardest(.count(let count)): "ohem_\(count)"
    case .dice: "dice"
    }
  }

  /// Whether weights of the classes count in it.
  var usesClassWeights: Bool {
    switch self {
    case .crossEntropy, .focal, .hardest: true
    case .focused, .dice: false
    }
  }

  /// How configurations write it, alone or in a sum.
  static let kind = LossSum<SegmentationLoss>.kind(
    allowed: "ce, fce_{t} (0 < t < 1), focal_{g} (g > 0), dice or ohem_{k} (a share below 1, or a "
      + "number of pixels)",
    choices: ["ce", "dice", "fce_0.7", "focal", "ohem_0.25"])
}

/// Parses a number in decimal digits, such as 0.7 or 1e-05.
private func decimal(_ text: Substring) -> Double? {
  text.allSatisfy { ".0123456789e-".contains($0) } ? Double(text) : nil
}
