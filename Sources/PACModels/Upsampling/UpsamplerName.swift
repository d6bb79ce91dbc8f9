/// A joint upsampling network or filter by the name that configurations and checkpoints use.
///
/// Some names end in numbers, each behind an underscore: see `grammars`.
public enum UpsamplerName: Hashable, Sendable {
  /// Bilinear interpolation without a guide.
  case bilinear
  /// The published network, with options of its own where given.
  case pacJointUpsample(PacJointUpsampleOptions = .init())
  /// The published narrower network.
  case pacJointUpsampleLite
  /// Deep joint image filtering.
  case djif
  /// Deep joint image filtering with more filters.
  case djifWide
  /// Joint bilateral upsampling.
  case jointBilateral(JointBilateralSettings)
  /// The guided filter.
  case guidedFilter(GuidedFilterSettings)
  /// The fast bilateral solver.
  case bilateralSolver(BilateralSolverSettings)

  /// Every form of a name with an explanation; {…} stands for a number, […] may be left out.
  private static let grammars = [
    PacJointUpsampleOptions.grammar, "PacJointUpsampleLite", "DJIF", "DJIFWide",
    JointBilateralSettings.grammar, GuidedFilterSettings.grammar, BilateralSolverSettings.grammar,
    "Bilinear",
  ]

  /// Every form of a name; {…} stands for a number, […] may be left out.
  public static var forms: [String] { grammars.map { String($0.prefix { $0 != ":" }) } }

  /// What every form begins with.
  public static var heads: [String] { grammars.map { String($0.prefix(while: \.isLetter)) } }

  /// What is wrong with a text that begins as a name but is none; nil if it does not begin as one.
  public static func fault(in text: String) -> String? {
    let head = text.prefix { $0 != "_" }
    let grammar = grammars.first { $0.prefix(while: \.isLetter) == head }
    return grammar.map { "'\(text)' is not of the form \($0)" }
  }
}

extension UpsamplerName: RawRepresentable, CustomStringConvertible {
  /// Reads a name; nil if it is none.
  public init?(rawValue: String) {
    let words = rawValue.split(separator: "_", omittingEmptySubsequences: false)
    let fields = Array(words.dropFirst())
    func parsed<T>(_ settings: T?, _ make: (T) -> UpsamplerName) -> UpsamplerName? {
      settings.map(make)
    }
    let name: UpsamplerName? =
      switch words[0] {
      case "PacJointUpsample":
        parsed(PacJointUpsampleOptions(fields), UpsamplerName.pacJointUpsample)
      case "JBU": parsed(JointBilateralSettings(fields), UpsamplerName.jointBilateral)
      case "GuidedFilter": parsed(GuidedFilterSettings(fields), UpsamplerName.guidedFilter)
      case "BilateralSolver":
        parsed(BilateralSolverSettings(fields), UpsamplerName.bilateralSolver)
      case "PacJointUpsampleLite" where fields.isEmpty: .pacJointUpsampleLite
      case "DJIF" where fields.isEmpty: .djif
      case "DJIFWide" where fields.isEmpty: .djifWide
      case "Bilinear" where fields.isEmpty: .bilinear
      default: nil
      }
    guard let name else { return nil }
    self = name
  }

  /// The name that reads back as the same network; options as published are left out.
  public var rawValue: String {
    switch self {
    case .bilinear: "Bilinear"
    case .pacJointUpsample(let options): "PacJointUpsample\(options.suffix)"
    case .pacJointUpsampleLite: "PacJointUpsampleLite"
    case .djif: "DJIF"
    case .djifWide: "DJIFWide"
    case .jointBilateral(let settings): settings.name
    case .guidedFilter(let settings): settings.name
    case .bilateralSolver(let settings): settings.name
    }
  }

  /// The name.
  public var description: String { rawValue }
}

/// How the numbers in a name are read and written.
enum NameField {
  /// A count from 1 on in plain digits, small enough that nothing overflows.
  static func count(_ text: some StringProtocol) -> Int? {
    guard text.utf8.allSatisfy({ (48...57).contains($0) }), text.first != "0",
      let number = Int(text), number <= 4096
    else { return nil }
    return number
  }

  /// A number above 0 in decimal digits.
  static func positive(_ text: some StringProtocol) -> Float? {
    guard text.allSatisfy({ "0123456789.e-".contains($0) }), let number = Float(text),
      number.isFinite, number > 0
    else { return nil }
    return number
  }

  /// The number as it is read, without a useless `.0`.
  static func text(_ number: Float) -> String {
    let text = "\(number)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

extension JointBilateralSettings {
  static let grammar =
    "JBU_{k}_{color}_{space}: k×k output pixels, k odd; what colours in 0…1 and positions in output pixels are "
    + "multiplied by, such as JBU_17_4_0.25"

  init?(_ fields: [Substring]) {
    guard fields.count == 3, let size = NameField.count(fields[0]), size % 2 == 1,
      let color = NameField.positive(fields[1]), let space = NameField.positive(fields[2])
    else { return nil }
    self.init(windowSize: size, colorScale: color, spaceScale: space)
  }

  var name: String {
    "JBU_\(windowSize)_\(NameField.text(colorScale))_\(NameField.text(spaceScale))"
  }
}

extension GuidedFilterSettings {
  static let grammar =
    "GuidedFilter_{radius}_{epsilon}: radius of the window in output pixels; how much slopes are held down, in squared "
    + "colours of 0…1, such as GuidedFilter_4_0.001"

  init?(_ fields: [Substring]) {
    guard fields.count == 2, let radius = NameField.count(fields[0]),
      let epsilon = NameField.positive(fields[1])
    else { return nil }
    self.init(radius: radius, epsilon: epsilon)
  }

  var name: String { "GuidedFilter_\(radius)_\(NameField.text(epsilon))" }
}

extension BilateralSolverSettings {
  static let grammar =
    "BilateralSolver_{space}_{luma}_{chroma}_{lambda}: widths in output pixels and in luma and chroma of 0…255; "
    + "weight of smoothness, such as BilateralSolver_4_8_8_2"

  init?(_ fields: [Substring]) {
    let numbers = fields.compactMap(NameField.positive)
    guard fields.count == 4, numbers.count == 4 else { return nil }
    self.init(space: numbers[0], luma: numbers[1], chroma: numbers[2], smoothness: numbers[3])
  }

  var name: String {
    let numbers = [space, luma, chroma, smoothness].map(NameField.text)
    return "BilateralSolver_\(numbers.joined(separator: "_"))"
  }
}
