/// Makes text from a file safe to show on one line, without control characters and line breaks, and
/// shortened.
/// - Returns: at most 80 characters.
public func shown(_ text: some StringProtocol) -> String {
  let limit = 80
  let letters = text.unicodeScalars.prefix(limit + 1).map { scalar in
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: Character("\u{FFFD}")
    default: Character(scalar)
    }
  }
  return String(letters.prefix(limit)) + (letters.count > limit ? "…" : "")
}
