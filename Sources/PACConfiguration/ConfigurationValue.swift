import Foundation
import PACFiles

/// A value as it was given, before its key parses it.
public enum ConfigurationValue: Sendable {
  /// A scalar of a YAML file.
  case scalar(String, quoted: Bool)
  /// A YAML list.
  case list([ConfigurationValue])
  /// Keys with values, such as an item of a list.
  case group([ConfigurationReader.Given])
  /// The text after `key=` in an override.
  case override(String)
  /// A key without a value.
  case nothing
  /// Anything else, described as text.
  case other(String)

  /// A description of the value for error messages.
  public var words: String {
    switch self {
    case .scalar(let text, true): "the text '\(shown(text))'"
    case .scalar(let text, false), .override(let text): "'\(shown(text))'"
    case .list(let values):
      "the list [\(shown(values.prefix(80).map(\.bare).joined(separator: ", ")))]"
    case .group: "a group of keys"
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

  /// The text of an unquoted scalar; quotes mark a value as text.
  public var plain: String? {
    switch self {
    case .scalar(let text, false), .override(let text): text
    default: nil
    }
  }

  /// The text, quoted or not.
  public var text: String? {
    if case .scalar(let text, _) = self { return text }
    return plain
  }

  /// The items of a list, `[10, 20]`, in an override also `10,20`; nil if it is no list.
  public var items: [ConfigurationValue]? {
    switch self {
    case .list(let values): return values
    case .override(var text):
      if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
      let words = text.split(separator: ",", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      return words == [""] ? [] : words.map(ConfigurationValue.override)
    default: return nil
    }
  }
}
