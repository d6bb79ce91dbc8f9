import Foundation

/// A text as a cell of a CSV file: in quotation marks where it holds commas, such marks or line ends (RFC 4180).
public func csvCell(_ text: String) -> String {
  guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
  return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
}
