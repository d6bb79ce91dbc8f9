/// A piece of Swift source: a word, a text in quotes, or one character of anything else.
struct Token {
  enum Kind {
    case word
    /// Without its quotes; texts with interpolations in them are left out.
    case string
    case symbol
  }

  let kind: Kind
  let text: String
  let line: Int
}

/// Cuts Swift source into tokens, without comments; code within interpolations is kept.
///
/// It does not know regular expressions between slashes.
struct Lexer {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private var tokens: [Token] = []

  /// The tokens of a source.
  static func tokens(of source: String) -> [Token] {
    var lexer = Lexer(bytes: Array(source.utf8))
    lexer.readCode(untilParenthesis: false)
    return lexer.tokens
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func at(_ offset: Int) -> UInt8 {
    position + offset < bytes.count ? bytes[position + offset] : 0
  }

  private func starts(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { text in
      position + text.count <= bytes.count
        && text.indices.allSatisfy { bytes[position + $0] == text[$0] }
    }
  }

  private mutating func advance(_ count: Int = 1) {
    for _ in 0..<count where position < bytes.count {
      if bytes[position] == UInt8(ascii: "\n") { line += 1 }
      position += 1
    }
  }

  private mutating func add(_ kind: Token.Kind, from start: Int, line: Int) {
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    tokens.append(Token(kind: kind, text: text, line: line))
  }

  /// Reads to the end, or to the parenthesis that closes an interpolation.
  private mutating func readCode(untilParenthesis: Bool) {
    var depth = 0
    while position < bytes.count {
      if skipSpaceOrComment() || readString() { continue }
      let (start, line) = (position, line)
      if Self.isWord(at(0)) {
        while Self.isWord(at(0)) { advance() }
        add(.word, from: start, line: line)
        continue
      }
      advance()
      if bytes[start] == UInt8(ascii: "(") { depth += 1 }
      if bytes[start] == UInt8(ascii: ")") { depth -= 1 }
      if untilParenthesis && depth < 0 { return }
      // A name in back quotes is a name.
      if bytes[start] != UInt8(ascii: "`") { add(.symbol, from: start, line: line) }
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }

  private mutating func skipSpaceOrComment() -> Bool {
    if [UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t")].contains(at(0)) {
      advance()
      return true
    }
    if starts("//") {
      while position < bytes.count, at(0) != UInt8(ascii: "\n") { advance() }
      return true
    }
    guard starts("/*") else { return false }
    var depth = 0
    repeat {
      let step = starts("/*") ? 1 : starts("*/") ? -1 : 0
      depth += step
      advance(step == 0 ? 1 : 2)
    } while depth > 0 && position < bytes.count
    return true
  }

  /// Reads a text with any number of `#` around it, of one line or of several.
  private mutating func readString() -> Bool {
    var hashes = 0
    while at(hashes) == UInt8(ascii: "#") { hashes += 1 }
    guard at(hashes) == UInt8(ascii: "\"") else { return false }
    let first = line
    advance(hashes)
    let quotes = starts("\"\"\"") ? 3 : 1
    advance(quotes)
    let start = position
    var isPlain = true
    while position < bytes.count, !endsString(quotes: quotes, hashes: hashes) {
      guard at(0) == UInt8(ascii: "\\"), hasHashes(hashes, after: 1) else {
        advance()
        continue
      }
      advance(1 + hashes)
      let isInterpolation = at(0) == UInt8(ascii: "(")
      advance()
      guard isInterpolation else { continue }
      isPlain = false
      readCode(untilParenthesis: true)
    }
    if isPlain { add(.string, from: start, line: first) }
    advance(quotes + hashes)
    return true
  }

  private func hasHashes(_ hashes: Int, after offset: Int) -> Bool {
    (0..<hashes).allSatisfy { at(offset + $0) == UInt8(ascii: "#") }
  }

  private func endsString(quotes: Int, hashes: Int) -> Bool {
    (0..<quotes).allSatisfy { at($0) == UInt8(ascii: "\"") } && hasHashes(hashes, after: quotes)
  }
}
