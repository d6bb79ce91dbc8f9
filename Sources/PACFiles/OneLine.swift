/// Replaces what could move a terminal's cursor or begin another line: control characters, line
/// breaks and invisible marks.
/// - Returns: the text in its full length; `shown` shortens it, too.
public func onOneLine(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: \.isUnprintable) else { return text }
  var line = String.UnicodeScalarView()
  line.append(contentsOf: text.unicodeScalars.map { $0.isUnprintable ? "\u{FFFD}" : $0 })
  return String(line)
}

extension Unicode.Scalar {
  /// Whether this is no character that a line of text shows.
  public var isUnprintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
