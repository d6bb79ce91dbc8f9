import PACFiles

/// The JSON object at the beginning of a `.safetensors` file.
///
/// Only the JSON that the specification allows is accepted.
///
/// It has its own parser, because a general JSON parser keeps neither the order of keys nor
/// duplicate keys, which must be rejected here.
struct SafetensorsHeader {
  /// A tensor's description in the header.
  struct Tensor {
    let name: String
    let type: String
    let shape: [Int]
    let begin: Int
    let end: Int
  }

  private(set) var metadata: [String: String] = [:]
  private(set) var tensors: [Tensor] = []

  init(_ bytes: [UInt8], file: String) throws {
    var parser = try SafetensorsParser(ByteCursor(bytes, file: file, part: "header"))
    var names: Set<String> = []
    try parser.object { name, parser in
      guard names.insert(name).inserted else {
        throw parser.damaged("holds \(shown(name)) twice")
      }
      if name == "__metadata__" {
        try parser.object { key, parser in metadata[key] = try parser.string() }
      } else {
        tensors.append(try parser.tensor(name))
      }
    }
    try parser.requireEnd()
  }
}

private struct SafetensorsParser {
  private var input: ByteCursor
  private var next: UInt8?

  init(_ input: ByteCursor) throws {
    self.input = input
    try advance()
  }

  func damaged(_ problem: String) -> WeightFileError {
    input.damaged(problem, at: max(input.position - 1, 0))
  }

  // MARK: - Values

  /// `{"a": …, "b": …}`; `member` reads each value.
  mutating func object(_ member: (String, inout SafetensorsParser) throws -> Void) throws {
    try expect("{")
    if try accept("}") { return }
    repeat {
      let name = try string()
      try expect(":")
      try member(name, &self)
    } while try accept(",")
    try expect("}")
  }

  /// `{"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}`, each key once.
  mutating func tensor(_ name: String) throws -> SafetensorsHeader.Tensor {
    var (type, shape, offsets): (String?, [Int]?, [Int]?)
    try object { key, parser in
      switch key {
      case "dtype" where type == nil: type = try parser.string()
      case "shape" where shape == nil: shape = try parser.integers()
      case "data_offsets" where offsets == nil: offsets = try parser.integers()
      default: throw parser.damaged("\(shown(name)) has an unexpected '\(shown(key))'")
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2 else {
      throw damaged("\(shown(name)) lacks its dtype, shape or data_offsets")
    }
    return SafetensorsHeader.Tensor(
      name: name, type: type, shape: shape, begin: offsets[0], end: offsets[1])
  }

  /// `[1, 2, 3]`, none negative.
  private mutating func integers() throws -> [Int] {
    try expect("[")
    if try accept("]") { return [] }
    var numbers: [Int] = []
    repeat { numbers.append(try integer()) } while try accept(",")
    try expect("]")
    return numbers
  }

  private mutating func integer() throws -> Int {
    try skipSpace()
    var digits = ""
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      guard digits.count < 20 else { break }
      digits.unicodeScalars.append(Unicode.Scalar(byte))
      try advance()
    }
    guard let number = Int(digits) else { throw damaged("expected an integer") }
    return number
  }

  /// A quoted JSON string with escapes.
  mutating func string() throws -> String {
    try expect("\"", skippingSpaceAfter: false)
    var units: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "\"") {
      try advance()
      if byte == UInt8(ascii: "\\") {
        units += Array(String(try escaped()).utf8)
      } else if byte < 0x20 {
        throw damaged("a string holds a control character")
      } else {
        units.append(byte)
      }
    }
    try expect("\"")
    guard let text = String(validating: units, as: UTF8.self) else {
      throw damaged("a string is not UTF-8")
    }
    return text
  }

  /// The escapes of one letter.
  private static let letters: [UInt8: Character] = [
    UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/",
    UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{c}", UInt8(ascii: "n"): "\n",
    UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
  ]

  private mutating func escaped() throws -> Character {
    guard let letter = next else { throw damaged("a string is not terminated") }
    try advance()
    if let character = Self.letters[letter] { return character }
    guard letter == UInt8(ascii: "u") else { throw damaged("an unknown escape in a text") }
    var units = [try hexadecimal()]
    if UTF16.isLeadSurrogate(units[0]) {
      guard next == UInt8(ascii: "\\") else { throw damaged("half a surrogate pair") }
      try advance()
      guard next == UInt8(ascii: "u") else { throw damaged("half a surrogate pair") }
      try advance()
      units.append(try hexadecimal())
    }
    guard let character = String(validating: units, as: UTF16.self)?.first else {
      throw damaged("half a surrogate pair")
    }
    return character
  }

  private mutating func hexadecimal() throws -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80
      else { throw damaged("an unknown escape in a text") }
      value = value << 4 | UInt16(digit)
      try advance()
    }
    return value
  }

  // MARK: - Bytes

  /// Only spaces may pad the header.
  mutating func requireEnd() throws {
    guard next == nil else { throw damaged("more follows the header's closing bracket") }
  }

  private mutating func advance() throws {
    next = input.isAtEnd ? nil : try input.integer(UInt8.self)
  }

  private mutating func skipSpace() throws {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { try advance() }
  }

  private mutating func accept(_ character: Unicode.Scalar) throws -> Bool {
    try skipSpace()
    guard next == UInt8(ascii: character) else { return false }
    try advance()
    try skipSpace()
    return true
  }

  private mutating func expect(
    _ character: Unicode.Scalar, skippingSpaceAfter: Bool = true
  ) throws {
    if skippingSpaceAfter {
      guard try accept(character) else { throw damaged("expected '\(character)'") }
    } else {
      try skipSpace()
      guard next == UInt8(ascii: character) else { throw damaged("expected '\(character)'") }
      try advance()
    }
  }
}
