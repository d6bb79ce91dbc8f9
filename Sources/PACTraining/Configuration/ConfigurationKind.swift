import PACModels

/// A value as it was given, before its key says what it must be.
enum ConfigurationValue {
  /// One word or text of a YAML file.
  case scalar(String, quoted: Bool)
  /// A YAML list of words.
  case list([ConfigurationValue])
  /// What follows `key=` in an override.
  case override(String)
  /// A key without a value.
  case nothing
  /// Something else, in words.
  case other(String)

  /// The value for a message.
  var words: String {
    switch self {
    case .scalar(let text, true): "the text '\(text)'"
    case .scalar(let text, false), .override(let text): "'\(text)'"
    case .list(let values): "the list [\(values.map(\.bare).joined(separator: ", "))]"
    case .nothing: "nothing"
    case .other(let words): words
    }
  }

  private var bare: String {
    switch self {
    case .scalar(let text, _): text
    default: words
    }
  }

  /// The text of a word that is not quoted; quoting says "this is text".
  var plain: String? {
    switch self {
    case .scalar(let text, false), .override(let text): text
    default: nil
    }
  }

  /// The text, quoted or not.
  var text: String? {
    if case .scalar(let text, _) = self { return text }
    return plain
  }
}

/// A kind of value: which values there are, how they are read and written.
struct ConfigurationKind<Value: Sendable>: Sendable {
  /// The allowed values in words, to follow "expected".
  let allowed: String
  /// The allowed words, if they can be listed.
  var choices: [String] = []
  /// What is wrong with a text that is not allowed, if more can be said than what is.
  var explain: @Sendable (String) -> String? = { _ in nil }
  /// The value, nil if it is not allowed.
  let parse: @Sendable (ConfigurationValue) -> Value?
  /// The value as YAML that `parse` reads back.
  let format: @Sendable (Value) -> String
}

extension ConfigurationKind where Value == String {
  /// Any text on one line.
  static let text = ConfigurationKind(allowed: "text", parse: line, format: yamlText)

  /// A path; `~` is not expanded, so that it is refused rather than taken for a folder's name.
  static let path = ConfigurationKind(
    allowed: "a path (~ is not expanded)",
    parse: { line($0).flatMap { $0 == "~" || $0.hasPrefix("~/") ? nil : $0 } }, format: yamlText)

  private static func line(_ value: ConfigurationValue) -> String? {
    guard let text = value.text, !text.isEmpty else { return nil }
    let isControl = { (scalar: Unicode.Scalar) in scalar.value < 0x20 || scalar.value == 0x7f }
    return text.unicodeScalars.contains(where: isControl) ? nil : text
  }

  /// Plain where YAML reads it back as it stands, else in double quotes.
  private static func yamlText(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let isPlain = scalars.allSatisfy { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || "0123456789_./-".contains(Character(scalar)))
    }
    let words = ["null", "none", "true", "false"]
    if isPlain, let first = scalars.first, first != "-", !words.contains(text.lowercased()) {
      return text
    }
    let escaped = scalars.map { scalar in
      switch scalar {
      case "\"", "\\": return "\\\(scalar)"
      case " "..."~": return "\(scalar)"
      case _ where scalar.properties.isAlphabetic: return "\(scalar)"
      default:
        let digits = String(scalar.value, radix: 16)
        return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
      }
    }
    return "\"\(escaped.joined())\""
  }
}

extension ConfigurationKind where Value == Int {
  /// A whole number that is not too small.
  static func wholeNumber(from least: Int) -> ConfigurationKind {
    ConfigurationKind(
      allowed: "a whole number, \(least) or more",
      parse: { $0.plain.flatMap(digits).flatMap { $0 >= least ? $0 : nil } }, format: { "\($0)" })
  }

  /// One of a few numbers.
  static func oneOf(_ numbers: [Int]) -> ConfigurationKind {
    ConfigurationKind(
      allowed: enumeration(numbers.map { "\($0)" }),
      parse: { $0.plain.flatMap(digits).flatMap { numbers.contains($0) ? $0 : nil } },
      format: { "\($0)" })
  }
}

extension ConfigurationKind where Value == [Int] {
  /// Epochs in ascending order.
  static let epochs = ConfigurationKind(
    allowed: "a list of ascending epochs such as [10, 20]",
    parse: { value in
      guard let words = listed(value) else { return nil }
      let numbers = words.compactMap(digits)
      let ascends = zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
      guard numbers.count == words.count, ascends, numbers.first.map({ $0 > 0 }) ?? true else {
        return nil
      }
      return numbers
    },
    format: { "[\($0.map { "\($0)" }.joined(separator: ", "))]" })

  /// The words of a list: `[10, 20]`, in an override also `10,20`.
  private static func listed(_ value: ConfigurationValue) -> [String]? {
    switch value {
    case .list(let values):
      let words = values.compactMap(\.plain)
      return words.count == values.count ? words : nil
    case .override(var text):
      if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
      let words = text.split(separator: ",", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      return words == [""] ? [] : words
    default: return nil
    }
  }
}

extension ConfigurationKind where Value == Double {
  /// A number within bounds, which `allowed` puts in words.
  static func number(
    _ allowed: String, _ isAllowed: @escaping @Sendable (Double) -> Bool
  ) -> ConfigurationKind {
    ConfigurationKind(
      allowed: "a number, \(allowed)",
      parse: { value in
        // Double(_:) also reads nan, inf and hexadecimal.
        guard let text = value.plain, text.allSatisfy({ "0123456789+-.eE".contains($0) }),
          let number = Double(text), number.isFinite, isAllowed(number)
        else { return nil }
        return number
      },
      format: { "\($0)" })
  }

  static let positive = number("above 0") { $0 > 0 }
  static let notNegative = number("0 or more") { $0 >= 0 }
  static let belowOne = number("at least 0 and below 1") { $0 >= 0 && $0 < 1 }
}

extension ConfigurationKind where Value == Bool {
  /// `true` or `false`; not yes, no, on and off, which YAML versions read differently.
  static let flag = ConfigurationKind(
    allowed: "true or false", choices: ["true", "false"], parse: { $0.plain.flatMap(Bool.init) },
    format: { "\($0)" })
}

extension ConfigurationKind
where Value: RawRepresentable<String> & CaseIterable & Sendable {
  /// One of the words an enumeration lists.
  static var choice: ConfigurationKind {
    let words = Value.allCases.map(\.rawValue)
    return ConfigurationKind(
      allowed: enumeration(words), choices: words,
      parse: { $0.text.flatMap(Value.init(rawValue:)) }, format: { $0.rawValue })
  }
}

extension ConfigurationKind where Value == NetworkName {
  /// A network or filter, by a name that may end in numbers.
  static let model = ConfigurationKind(
    allowed: enumeration(
      UpsamplerName.catalog.forms + ["a segmentation network such as fcn8s_crfi5p4d5641p4d5161"]),
    choices: UpsamplerName.catalog.heads + BackboneName.catalog.heads,
    explain: { NetworkName.fault(in: $0) },
    parse: { $0.text.flatMap(Value.init(rawValue:)) }, format: { $0.rawValue })
}

extension ConfigurationKind {
  /// `none`, or a value of another kind.
  static func optional<Wrapped>(
    _ kind: ConfigurationKind<Wrapped>
  ) -> ConfigurationKind where Value == Wrapped? {
    ConfigurationKind(
      allowed: "none, or \(kind.allowed)",
      parse: { value in
        if value.plain == "none" { return .some(nil) }
        return kind.parse(value).map { .some($0) }
      },
      format: { $0.map(kind.format) ?? "none" })
  }
}

/// A whole number in plain decimal digits; 010 is refused, since it means 8 to some readers of YAML.
private func digits(_ text: String) -> Int? {
  let unsigned = text.drop { $0 == "-" || $0 == "+" }
  return unsigned.count > 1 && unsigned.first == "0" ? nil : Int(text)
}

/// `a`, `a or b`, `a, b or c`.
private func enumeration(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.joined() }
  return "\(words.dropLast().joined(separator: ", ")) or \(last)"
}
