import Foundation
import PACText

/// A kind of value: which values are allowed, and how they are read and written.
public struct ConfigurationKind<Value: Sendable>: Sendable {
  /// The allowed values as text, to follow "expected".
  public let allowed: String
  /// The allowed words, if they can be enumerated.
  public let choices: [String]
  /// What is wrong with a text that is not allowed; nil if `allowed` says it all.
  public let explain: @Sendable (String) -> String?
  /// Reads a value that was given at a place; nil if it is not allowed.
  ///
  /// It throws what is wrong inside a value of several parts, with the place of the part.
  public let read: @Sendable (ConfigurationValue, String) throws(ConfigurationError) -> Value?
  /// Formats a value as YAML that `read` reads back.
  public let format: @Sendable (Value) -> String

  /// Describes a kind of value of several parts.
  /// - Parameters:
  ///   - allowed: the allowed values as text, to follow "expected".
  ///   - choices: the allowed words, if they can be enumerated.
  ///   - explain: what is wrong with a text that is not allowed; nil if `allowed` says it all.
  ///   - read: see the property.
  ///   - format: formats a value as YAML that `read` reads back.
  public init(
    allowed: String, choices: [String] = [],
    explain: @escaping @Sendable (String) -> String? = { _ in nil },
    read: @escaping @Sendable (ConfigurationValue, String) throws(ConfigurationError) -> Value?,
    format: @escaping @Sendable (Value) -> String
  ) {
    self.allowed = allowed
    self.choices = choices
    self.explain = explain
    self.read = read
    self.format = format
  }

  /// Describes a kind of value.
  /// - Parameters:
  ///   - allowed: the allowed values as text, to follow "expected".
  ///   - choices: the allowed words, if they can be enumerated.
  ///   - explain: what is wrong with a text that is not allowed; nil if `allowed` says it all.
  ///   - parse: parses a value; nil if it is not allowed.
  ///   - format: formats a value as YAML that `parse` reads back.
  public init(
    allowed: String, choices: [String] = [],
    explain: @escaping @Sendable (String) -> String? = { _ in nil },
    parse: @escaping @Sendable (ConfigurationValue) -> Value?,
    format: @escaping @Sendable (Value) -> String
  ) {
    self.init(
      allowed: allowed, choices: choices, explain: explain,
      read: { (value: ConfigurationValue, _: String) throws(ConfigurationError) -> Value? in
        parse(value)
      }, format: format)
  }
}

extension ConfigurationKind where Value == String {
  /// Any text on one line.
  public static let text = ConfigurationKind(allowed: "text", parse: line, format: yamlText)

  /// A path; a leading `~` is not expanded but rejected, since it would otherwise name a folder.
  public static let path = ConfigurationKind(
    allowed: "a path (~ is not expanded)",
    parse: { line($0).flatMap { $0 == "~" || $0.hasPrefix("~/") ? nil : $0 } }, format: yamlText)

  private static func line(_ value: ConfigurationValue) -> String? {
    guard let text = value.text, !text.isEmpty else { return nil }
    let isControl = { (scalar: Unicode.Scalar) in scalar.value < 0x20 || scalar.value == 0x7f }
    return text.unicodeScalars.contains(where: isControl) ? nil : text
  }

  /// The text itself if YAML reads it back unchanged, else the text in double quotes.
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

/// The largest number of any key unless it says otherwise: nothing that is counted or measured
/// comes near, and products of a few such numbers do not overflow.
private let largestNumber = 1_000_000_000

extension ConfigurationKind where Value == Int {
  /// An integer within bounds; by default at most a thousand million.
  public static func integer(
    from least: Int, through most: Int = 1_000_000_000
  ) -> ConfigurationKind {
    let isOpen = most >= largestNumber
    return ConfigurationKind(
      allowed: isOpen ? "an integer, \(least) or more" : "an integer, \(least) to \(most)",
      explain: { text in
        guard let number = digits(text), number > most, isOpen else { return nil }
        return "\(number) is too large; choose at most \(most)"
      },
      parse: { value in
        value.plain.flatMap(digits).flatMap { (least...most).contains($0) ? $0 : nil }
      }, format: { "\($0)" })
  }

  /// One of the given integers.
  public static func oneOf(_ numbers: [Int]) -> ConfigurationKind {
    ConfigurationKind(
      allowed: enumeration(numbers.map { "\($0)" }),
      parse: { $0.plain.flatMap(digits).flatMap { numbers.contains($0) ? $0 : nil } },
      format: { "\($0)" })
  }
}

extension ConfigurationKind where Value == [Int] {
  /// Epochs in ascending order.
  public static let epochs = ConfigurationKind(
    allowed: "a list of ascending epochs such as [10, 20]",
    parse: { value in
      guard let items = value.items else { return nil }
      let numbers = items.compactMap { $0.plain.flatMap(digits) }
      let ascends = zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
      guard numbers.count == items.count, ascends,
        numbers.allSatisfy({ (1...largestNumber).contains($0) })
      else { return nil }
      return numbers
    },
    format: { "[\($0.map { "\($0)" }.joined(separator: ", "))]" })
}

extension ConfigurationKind where Value == Double {
  /// A number within bounds, which `allowed` describes, and of at most a thousand million.
  public static func number(
    _ allowed: String, _ isAllowed: @escaping @Sendable (Double) -> Bool
  ) -> ConfigurationKind {
    ConfigurationKind(
      allowed: "a number, \(allowed)",
      explain: { text in
        guard let number = decimal(text), number > Double(largestNumber), isAllowed(number) else {
          return nil
        }
        return "\(text) is too large; choose at most \(largestNumber)"
      },
      parse: { value in
        guard let number = value.plain.flatMap(decimal), isAllowed(number),
          number.magnitude <= Double(largestNumber)
        else { return nil }
        return number
      },
      format: { "\($0)" })
  }

  /// Parses a finite number; `Double(_:)` also reads nan, inf and hexadecimal.
  private static func decimal(_ text: String) -> Double? {
    guard text.allSatisfy({ "0123456789+-.eE".contains($0) }) else { return nil }
    return Double(text).flatMap { $0.isFinite ? $0 : nil }
  }

  /// A number above 0.
  public static let positive = number("above 0") { $0 > 0 }
  /// A number of at least 0.
  public static let notNegative = number("0 or more") { $0 >= 0 }
  /// A number of at least 0 and below 1.
  public static let belowOne = number("at least 0 and below 1") { $0 >= 0 && $0 < 1 }
}

extension ConfigurationKind where Value == [Double] {
  /// A list of numbers, each of which another kind allows.
  /// - Parameters:
  ///   - allowed: the allowed lists as text, to follow "expected".
  ///   - item: the kind of each number.
  ///   - isAllowed: whether the list as a whole is allowed.
  /// - Returns: the kind of value.
  public static func list(
    _ allowed: String, of item: ConfigurationKind<Double>,
    isAllowed: @escaping @Sendable ([Double]) -> Bool
  ) -> ConfigurationKind {
    ConfigurationKind(
      allowed: allowed,
      read: { (value: ConfigurationValue, place: String) throws(ConfigurationError) -> [Double]? in
        guard let items = value.items else { return nil }
        var numbers: [Double] = []
        for text in items {
          guard let number = try item.read(text, place) else { return nil }
          numbers.append(number)
        }
        return isAllowed(numbers) ? numbers : nil
      }, format: { "[\($0.map(item.format).joined(separator: ", "))]" })
  }
}

extension ConfigurationKind where Value == Bool {
  /// `true` or `false`; not yes, no, on or off, which YAML versions read differently.
  public static let flag = ConfigurationKind(
    allowed: "true or false", choices: ["true", "false"], parse: { $0.plain.flatMap(Bool.init) },
    format: { "\($0)" })
}

extension ConfigurationKind
where Value: RawRepresentable<String> & CaseIterable & Sendable {
  /// One of the raw values of an enumeration.
  public static var choice: ConfigurationKind {
    let words = Value.allCases.map(\.rawValue)
    return ConfigurationKind(
      allowed: enumeration(words), choices: words,
      parse: { $0.text.flatMap(Value.init(rawValue:)) }, format: { $0.rawValue })
  }
}

extension ConfigurationKind where Value: CustomStringConvertible {
  /// One of the given values, by its description.
  public static func one(of values: [Value]) -> ConfigurationKind {
    let words = values.map(\.description)
    return ConfigurationKind(
      allowed: enumeration(words), choices: words,
      parse: { given in values.first { $0.description == given.text } },
      format: { $0.description })
  }
}

extension ConfigurationKind {
  /// `none`, or a value of another kind.
  public static func optional<Wrapped>(
    _ kind: ConfigurationKind<Wrapped>
  ) -> ConfigurationKind where Value == Wrapped? {
    ConfigurationKind(
      allowed: "none, or \(kind.allowed)", explain: kind.explain,
      read: {
        (value: ConfigurationValue, place: String) throws(ConfigurationError) -> Wrapped?? in
        if value.plain == "none" { return .some(nil) }
        return try kind.read(value, place).map { .some($0) }
      },
      format: { $0.map(kind.format) ?? "none" })
  }
}

/// Parses an integer in decimal digits; 010 is rejected, since some YAML parsers read it as 8.
private func digits(_ text: String) -> Int? {
  let unsigned = text.drop { $0 == "-" || $0 == "+" }
  return unsigned.count > 1 && unsigned.first == "0" ? nil : Int(text)
}
