/// Reads numbers and bytes sequentially.
///
/// Reading beyond the end throws, and never touches other memory.
package struct ByteCursor {
  /// The path of the file, for messages.
  package let file: String
  /// The part of the file that the bytes are, for messages.
  package let part: String
  private let bytes: [UInt8]
  /// The position of the next byte.
  package private(set) var position = 0

  package init(_ bytes: [UInt8], file: String, part: String) {
    self.bytes = bytes
    self.file = file
    self.part = part
  }

  package var isAtEnd: Bool { position == bytes.count }

  /// Reads a little-endian integer.
  package mutating func integer<T: FixedWidthInteger>(_: T.Type) throws -> T {
    let start = try advance(T.bitWidth / 8)
    return bytes.withUnsafeBytes {
      T(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: T.self))
    }
  }

  /// Reads a big-endian integer; pickles store floating-point numbers this way.
  package mutating func bigEndian<T: FixedWidthInteger>(_: T.Type) throws -> T {
    try integer(T.self).byteSwapped
  }

  /// Reads the next `count` bytes.
  package mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    let start = try advance(count)
    return bytes[start..<position]
  }

  /// Reads up to the next line feed and skips it.
  package mutating func line() throws -> ArraySlice<UInt8> {
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
      throw ended()
    }
    defer { position = end + 1 }
    return bytes[position..<end]
  }

  /// Reads the next `count` bytes as UTF-8.
  package mutating func text(_ count: Int) throws -> String {
    let start = position
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw damaged("is not UTF-8", at: start)
    }
    return text
  }

  package func damaged(_ problem: String, at position: Int? = nil) -> ForeignFileError {
    .damaged(file, at: place(position), problem)
  }

  package func error(_ problem: String, at position: Int? = nil, advice: String) -> ForeignFileError
  {
    ForeignFileError(file, at: place(position), problem, advice: advice)
  }

  private func place(_ position: Int?) -> String { "\(part), byte \(position ?? self.position)" }

  private func ended() -> ForeignFileError {
    damaged("ends after \(bytes.count) bytes", at: position)
  }

  private mutating func advance(_ count: Int) throws -> Int {
    guard count >= 0, count <= bytes.count - position else { throw ended() }
    defer { position += count }
    return position
  }
}
