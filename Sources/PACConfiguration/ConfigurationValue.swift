/// A value as it was given, before its key says what it must be.
public enum ConfigurationValue: Sendable {
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
  public var words: String {
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
}
