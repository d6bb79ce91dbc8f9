import PACConfiguration

/// The loss that training minimises.
public enum SegmentationLoss: Hashable, Sendable, RawRepresentable {
  /// Cross-entropy: the mean over labelled pixels of −log of the true class's probability.
  case crossEntropy
  /// Cross-entropy over the pixels whose true class has at most this probability, see
  /// `focusedCrossEntropy`.
  case focused(Double)

  /// Parses the name of a loss, `ce` or `fce_{t}`; nil if there is none of that name.
  public init?(rawValue: String) {
    if rawValue == "ce" {
      self = .crossEntropy
      return
    }
    guard rawValue.hasPrefix("fce_"), rawValue.allSatisfy({ "fce_.0123456789".contains($0) }),
      let confidence = Double(rawValue.dropFirst(4)), confidence > 0, confidence < 1
    else { return nil }
    self = .focused(confidence)
  }

  /// The name.
  public var rawValue: String {
    switch self {
    case .crossEntropy: "ce"
    case .focused(let confidence): "fce_\(confidence)"
    }
  }

  /// How configurations write it.
  static let kind = ConfigurationKind<SegmentationLoss>(
    allowed: "ce or fce_{t}, 0 < t < 1", choices: ["ce", "fce_0.7"],
    parse: { $0.text.flatMap(SegmentationLoss.init(rawValue:)) }, format: { $0.rawValue })
}
