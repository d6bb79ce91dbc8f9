import PACFiles

/// The lines of a text file that people write or download: names of images, numbers of frames,
/// classes.
///
/// The text is UTF-8 with or without a byte-order mark, or UTF-16 with one, and the line ends are
/// those of any system. Blank lines and comments, which begin with #, are left out.
struct ListFile {
  /// A line with something in it.
  struct Line {
    /// Its number, from 1.
    let number: Int
    /// Its text without spaces around it.
    let text: String
    /// Its parts between spaces.
    var words: [Substring] { text.split(whereSeparator: \.isWhitespace) }
  }

  /// The most bytes of a list: hundreds of thousands of names.
  static let most = 1 << 24

  let path: String
  let lines: [Line]

  /// Reads a list.
  /// - Throws: `DataError` if the file cannot be read, is longer than `most`, is no text or empty.
  init(_ path: String) throws(DataError) {
    self.path = path
    let text = try Self.text(Self.bytes(of: path), path)
    var lines: [Line] = []
    let all = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in all.enumerated() {
      let text = line.trimmingPrefix(while: \.isWhitespace)
      let end = text.lastIndex { !$0.isWhitespace }
      guard let end, text.first != "#" else { continue }
      lines.append(Line(number: index + 1, text: String(text[...end])))
    }
    guard !lines.isEmpty else { throw DataError("\(path): the list is empty") }
    self.lines = lines
  }

  /// An error in a line.
  func error(_ line: Line, _ problem: String) -> DataError {
    DataError("\(path), line \(line.number): \(problem)")
  }

  private static func bytes(of path: String) throws(DataError) -> [UInt8] {
    let size: Int
    do throws(InputFile.Problem) {
      size = try InputFile.check(path)
    } catch {
      throw DataError("\(path): \(error)")
    }
    guard size <= most else {
      throw DataError(
        "\(path): \(size) bytes, but lists of at most \(most) are read; is it the right file?")
    }
    return try fileBytes(path)
  }

  private static func text(_ bytes: [UInt8], _ path: String) throws(DataError) -> String {
    func fault(_ problem: String) -> DataError {
      DataError("\(path): \(problem); save the list as UTF-8")
    }
    let isBig = bytes.starts(with: [0xFE, 0xFF])
    if isBig || bytes.starts(with: [0xFF, 0xFE]) {
      guard bytes.count % 2 == 0 else { throw fault("UTF-16 text that is cut") }
      let units = stride(from: 2, to: bytes.count, by: 2).map { place in
        UInt16(bytes[place + (isBig ? 0 : 1)]) << 8 | UInt16(bytes[place + (isBig ? 1 : 0)])
      }
      guard let text = String(validating: units, as: UTF16.self), !text.utf8.contains(0) else {
        throw fault("is no text in UTF-16")
      }
      return text
    }
    let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    guard let text = String(validating: bytes.dropFirst(hasMark ? 3 : 0), as: UTF8.self),
      !text.utf8.contains(0)
    else {
      throw fault(
        bytes.contains(0) ? "is no text, or UTF-16 without its mark" : "is no text in UTF-8")
    }
    return text
  }
}
