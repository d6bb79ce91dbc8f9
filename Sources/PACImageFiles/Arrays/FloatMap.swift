import PACFiles

/// An image of floating-point numbers from a portable float map, `.pfm`, with one channel or three.
///
/// The file begins with three words in text: `Pf` (`PF` for three channels), width and height, and a
/// scale, which is negative if the numbers are little-endian. 32-bit numbers follow, row by row from
/// the bottom. As in the programs of the Middlebury benchmark, the magnitude of the scale changes
/// nothing. Format: P. Debevec's description, *Portable FloatMap Image Format*.
public struct FloatMap: Sendable, Equatable {
  /// The number of columns.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The numbers, row by row from the top, those of a pixel side by side.
  public let elements: [Float]

  /// Reads a `.pfm` file, whose size must be exactly what its header states.
  /// - Parameters:
  ///   - path: the file.
  ///   - channels: how many numbers a pixel has to have, 1 or 3.
  /// - Throws: `ImageFileError` naming the file and what is wrong with it.
  public init(contentsOf path: String, channels: Int = 1) throws {
    let file = try OpenFile(reading: path)
    let header = try Header(file, channels: channels)
    let bytes = file.allBytes()
    let rowBytes = 4 * channels * header.width
    guard bytes.count == header.offset + rowBytes * header.height else {
      throw ImageFileError.damaged(path, "the numbers cannot be read")
    }
    width = header.width
    height = header.height
    elements = bytes.withUnsafeBytes { bytes in
      var elements: [Float] = []
      elements.reserveCapacity(channels * header.width * header.height)
      for row in (0..<header.height).reversed() {
        let start = header.offset + row * rowBytes
        for place in stride(from: start, to: start + rowBytes, by: 4) {
          let bits = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
          elements.append(Float(bitPattern: header.isLittleEndian ? bits : bits.byteSwapped))
        }
      }
      return elements
    }
  }

  /// Reads only the width and height, and checks them against the size of the file.
  public static func size(
    of path: String, channels: Int = 1
  ) throws -> (height: Int, width: Int) {
    let header = try Header(OpenFile(reading: path), channels: channels)
    return (header.height, header.width)
  }
}

/// What stands before the numbers.
private struct Header {
  let width: Int
  let height: Int
  let isLittleEndian: Bool
  /// Where the numbers begin.
  let offset: Int

  /// More than any header takes.
  private static let most = 256

  init(_ file: OpenFile, channels: Int) throws {
    let start = file.firstBytes(Self.most)
    var rest = start[...]
    func word() -> String {
      rest = rest.drop(while: Self.isSpace)
      let word = rest.prefix { !Self.isSpace($0) }
      rest = rest[word.endIndex...]
      return String(decoding: word, as: UTF8.self)
    }
    let kind = word()
    guard kind == "Pf" || kind == "PF" else {
      throw ImageFileError(
        file: file.path, problem: start.isEmpty ? "the file is empty" : "not a .pfm file",
        advice: "give a portable float map, which begins with Pf")
    }
    let wanted = channels == 1 ? "Pf" : "PF"
    guard kind == wanted else {
      throw ImageFileError(
        file: file.path,
        problem: channels == 1
          ? "three channels, not a map of one number a pixel"
          : "one channel, not a map of \(channels) numbers a pixel",
        advice: "give a portable float map that begins with \(wanted)")
    }
    let words = [word(), word(), word()]
    guard let width = Int(words[0]), let height = Int(words[1]), width > 0, height > 0,
      let scale = Double(words[2]), scale.isFinite, scale != 0, !rest.isEmpty
    else {
      throw ImageFileError.damaged(
        file.path, "the header cannot be read: \(shown(words.joined(separator: " ")))")
    }
    let (pixels, isTooMany) = width.multipliedReportingOverflow(by: height)
    guard !isTooMany, pixels <= 1 << 28 else {
      throw ImageFileError(
        file: file.path, problem: "the map has \(width) × \(height) pixels",
        advice: "use maps of at most 2^28 pixels")
    }
    // A single space or line feed ends the header; some programs write a carriage return before it.
    let isWindows = rest.starts(with: Array("\r\n".utf8))
    let end = rest.startIndex + 1
    let expected = 4 * channels * pixels
    offset = isWindows && file.size == end + 1 + expected ? end + 1 : end
    guard file.size == offset + expected else {
      throw ImageFileError.damaged(
        file.path,
        "\(expected) bytes expected of \(width) × \(height) \(channels == 1 ? "numbers" : "vectors"), \(file.size - offset) found"
      )
    }
    self.width = width
    self.height = height
    isLittleEndian = scale < 0
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
}
