import Foundation

/// Formats a text as a cell of a CSV file (RFC 4180): it is quoted if it contains commas, quotes or
/// line ends.
public func csvCell(_ text: String) -> String {
  guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
  return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
}
