import Foundation
import PACFiles

/// A number with three digits and an exponent.
func scientific(_ value: Double) -> String { String(format: "%.2e", value) }

/// Cells side by side, each padded to its width; a cell that is too long pushes the rest along.
func columns(_ cells: [(text: String, width: Int)]) -> String {
  cells.map { $0.text + String(repeating: " ", count: max($0.width - $0.text.count, 0)) }
    .joined(separator: " ")
}

/// Joins the lines of a text into one that is safe to print, whatever names it repeats.
func oneLine(_ text: String) -> String {
  shown(text.split(whereSeparator: \.isWhitespace).joined(separator: " "), most: 4000)
}

/// Writes a line to standard error in one call, so that lines of several ranks do not interleave.
func printError(_ line: String) {
  let bytes = Array((shown(line, most: 4000) + "\n").utf8)
  write(STDERR_FILENO, bytes, bytes.count)
}

/// One JSON object on one line, with its keys in the given order.
struct JSONLine {
  let text: String

  /// Encodes strings, numbers, booleans, objects and arrays of these; a nil value omits its key.
  ///
  /// Non-finite numbers, which JSON does not have, become strings.
  init(_ members: [(key: String, value: Any?)]) {
    let parts = members.compactMap { key, value in
      value.map { "\(Self.quoted(key)):\(Self.encoded($0))" }
    }
    text = "{" + parts.joined(separator: ",") + "}"
  }

  private static func encoded(_ value: Any) -> String {
    switch value {
    case let number as Double: number.isFinite ? "\(number)" : quoted("\(number)")
    case let number as Int: "\(number)"
    case let flag as Bool: "\(flag)"
    case let object as JSONLine: object.text
    case let values as [Any]: "[" + values.map(encoded).joined(separator: ",") + "]"
    default: quoted("\(value)")
    }
  }

  private static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    guard let data = try? encoder.encode(text) else { return "\"\"" }
    return String(decoding: data, as: UTF8.self).unicodeScalars.map(escaped).joined()
  }

  /// A character of a quoted text; JSON allows those raw that a terminal obeys.
  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator:
      "\(scalar)".utf16.map { String(format: "\\u%04x", $0) }.joined()
    default: "\(scalar)"
    }
  }
}
