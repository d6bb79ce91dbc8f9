import Foundation

/// A number with three digits and an exponent.
func scientific(_ value: Double) -> String { String(format: "%.2e", value) }

/// Cells side by side, each padded to its width; a cell that is too long pushes the rest along.
func columns(_ cells: [(text: String, width: Int)]) -> String {
  cells.map { $0.text + String(repeating: " ", count: max($0.width - $0.text.count, 0)) }
    .joined(separator: " ")
}

/// One JSON object on one line, its keys in the order given.
struct JSONLine {
  let text: String

  /// Makes a line from strings, numbers, booleans, and nil, which leaves the key out.
  ///
  /// Numbers that JSON cannot express become strings.
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
    default: quoted("\(value)")
    }
  }

  private static func quoted(_ text: String) -> String {
    guard let data = try? JSONEncoder().encode(text) else { return "\"\"" }
    return String(decoding: data, as: UTF8.self)
  }
}
