/// Makes text from a file safe to print on one line or to use in a file name.
///
/// Whatever comes from a file passes through here before it is shown: control characters (escape
/// sequences, line feeds), format characters (among them those that change the direction of text)
/// and line separators become U+FFFD, and long text is cut.
/// - Parameters:
///   - text: the text.
///   - limit: the most characters of the result, without the mark of a cut.
/// - Returns: at most `limit` characters, followed by … if there were more.
public func shown(_ text: some StringProtocol, most limit: Int = 80) -> String {
  let letters = text.unicodeScalars.prefix(limit + 1).map(visible)
  return String(String.UnicodeScalarView(letters.prefix(limit)))
    + (letters.count > limit ? "…" : "")
}

/// A text that is safe to show, and different for different texts: where `shown` changes anything,
/// a checksum of the original follows.
/// - Parameters:
///   - text: a name in a file.
///   - limit: as for `shown`.
/// - Returns: the text itself if it is safe.
public func shownDistinctly(_ text: String, most limit: Int = 80) -> String {
  let safe = shown(text, most: limit)
  // Not compared as strings, among which different bytes can be equal.
  guard !safe.utf8.elementsEqual(text.utf8) else { return text }
  var sum = CRC32()
  sum.update(Array(text.utf8))
  return "\(safe)-\(sum.hexadecimal)"
}

/// Lists names from a file, each as `shown`: `a, b, c and 4 more`.
/// - Parameters:
///   - names: the names.
///   - limit: the most names to list.
/// - Returns: the list.
public func listed(_ names: [String], most limit: Int = 5) -> String {
  let rest = names.count > limit ? " and \(names.count - limit) more" : ""
  return names.prefix(limit).map { shown($0) }.joined(separator: ", ") + rest
}

private func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
  default: scalar
  }
}
