import PACModels

extension TrainingConfiguration {
  /// What networks are for; keys may belong to one of them.
  public enum TaskKind: String, Sendable {
    /// Enlarging depth maps or flow.
    case upsampling
    /// Classes of pixels.
    case segmentation

    /// What stands before the word.
    var article: String { self == .upsampling ? "an" : "a" }
  }

  /// What the network is for.
  public var taskKind: TaskKind {
    if case .segmentation = model { .segmentation } else { .upsampling }
  }

  /// Whether a key has a meaning for the network.
  func uses(_ key: ConfigurationKey) -> Bool { key.only == nil || key.only == taskKind }

  /// Sets what has another default with a segmentation network and was not given.
  mutating func applyTaskDefaults(given: (String) -> Bool) {
    guard taskKind == .segmentation else { return }
    factor = 1
    border = 0
    if !given("loss") { loss = .crossEntropy }
    if !given("crop") { cropSize = 449 }
    if !given("test-split") { testSplit = "val" }
  }

  /// What is minimised.
  public enum Loss: Hashable, Sendable, RawRepresentable {
    /// The mean square of normalised values.
    case l2
    /// The root of the mean square of raw values.
    case rmse
    /// The mean length of the difference of raw vectors.
    case epe
    /// The mean of −log of each labelled pixel's own class.
    case crossEntropy
    /// As `crossEntropy` of the pixels whose own class has at most this probability, see `focusedCrossEntropy`.
    case focused(Double)

    /// Finds the loss of a name: `l2`, `rmse`, `epe`, `ce` or `fce_{t}`; nil if there is none.
    public init?(rawValue: String) {
      switch rawValue {
      case "l2": self = .l2
      case "rmse": self = .rmse
      case "epe": self = .epe
      case "ce": self = .crossEntropy
      default:
        guard rawValue.hasPrefix("fce_"), rawValue.allSatisfy({ "fce_.0123456789".contains($0) }),
          let confidence = Double(rawValue.dropFirst(4)), confidence > 0, confidence < 1
        else { return nil }
        self = .focused(confidence)
      }
    }

    /// The name.
    public var rawValue: String {
      switch self {
      case .l2: "l2"
      case .rmse: "rmse"
      case .epe: "epe"
      case .crossEntropy: "ce"
      case .focused(let confidence): "fce_\(confidence)"
      }
    }

    /// What it is for.
    var taskKind: TaskKind {
      switch self {
      case .l2, .rmse, .epe: .upsampling
      case .crossEntropy, .focused: .segmentation
      }
    }
  }
}

extension ConfigurationKind where Value == TrainingConfiguration.Loss {
  /// A loss of either task.
  static let loss = ConfigurationKind(
    allowed: "l2, rmse or epe to upsample; ce or fce_{t}, 0 < t < 1, to segment",
    choices: ["l2", "rmse", "epe", "ce", "fce_0.7"],
    parse: { $0.text.flatMap(Value.init(rawValue:)) }, format: { $0.rawValue })
}

extension ConfigurationKind where Value == Int? {
  /// The side of a square, −1 standing for whole images.
  static let crop = ConfigurationKind(
    allowed: "-1 for whole images, or a whole number, 1 or more",
    parse: { value in
      guard let number = value.plain.flatMap({ Int($0) }), number == -1 || number > 0 else {
        return nil
      }
      return .some(number == -1 ? nil : number)
    },
    format: { $0.map { "\($0)" } ?? "-1" })
}
