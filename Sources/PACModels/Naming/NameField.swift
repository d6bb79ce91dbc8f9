/// How the numbers in a name are read and written.
enum NameField {
  /// A count from 1 on in plain digits, small enough that nothing overflows.
  static func count(_ text: some StringProtocol) -> Int? {
    guard text.utf8.allSatisfy({ (48...57).contains($0) }), text.first != "0",
      let number = Int(text), number <= 4096
    else { return nil }
    return number
  }

  /// A number above 0 in decimal digits.
  static func positive(_ text: some StringProtocol) -> Float? {
    guard text.allSatisfy({ "0123456789.e-".contains($0) }), let number = Float(text),
      number.isFinite, number > 0
    else { return nil }
    return number
  }

  /// The number as it is read, without a useless `.0`.
  static func text(_ number: Float) -> String {
    let text = "\(number)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
