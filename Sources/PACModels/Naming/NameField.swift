/// Reads and writes the numbers in network names.
enum NameField {
  /// Reads a count of 1 or more in plain digits, small enough not to overflow anything.
  static func count(_ text: some StringProtocol) -> Int? {
    guard text.utf8.allSatisfy({ (48...57).contains($0) }), text.first != "0",
      let number = Int(text), number <= 4096
    else { return nil }
    return number
  }

  /// Reads a positive number in decimal digits.
  static func positive(_ text: some StringProtocol) -> Float? {
    guard text.allSatisfy({ "0123456789.e-".contains($0) }), let number = Float(text),
      number.isFinite, number > 0
    else { return nil }
    return number
  }

  /// Writes a number without a trailing `.0`.
  static func text(_ number: Float) -> String {
    let text = "\(number)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
