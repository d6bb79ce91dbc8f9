import CPACZlib
import Glibc
import PACTraining

/// Writes files from memory into a `.tgz` archive: the ustar format of POSIX.1-1988 inside gzip.
///
/// The archive appears under its name only when it is complete. Times and owners are left out, so
/// that equal contents give equal archives.
final class TarArchive {
  private let path: String
  private var stream: gzFile?

  /// Creates an archive.
  /// - Throws: `TrainingError.output` if the file cannot be written.
  init(_ path: String) throws {
    self.path = path
    stream = gzopen(path + ".partial", "wb9")
    guard stream != nil else { throw failure(String(cString: strerror(errno))) }
  }

  /// Adds a file.
  /// - Parameters:
  ///   - bytes: its contents, less than 8 GiB.
  ///   - name: its path in the archive: at most 100 bytes after a slash, and 155 before it.
  /// - Throws: `TrainingError.output` if it cannot be written.
  func add(_ bytes: [UInt8], as name: String) throws {
    guard let (folder, file) = Self.split(name) else {
      throw failure("the name \(name) is too long for an archive")
    }
    try write(header(folder, file, count: bytes.count))
    try write(bytes)
    try write([UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512))
  }

  /// Ends the archive and gives it its name.
  /// - Throws: `TrainingError.output` if it cannot be written.
  func close() throws {
    try write([UInt8](repeating: 0, count: 1024))
    let status = gzclose(stream)
    stream = nil
    guard status == Z_OK, rename(path + ".partial", path) == 0 else {
      throw failure(String(cString: strerror(errno)))
    }
  }

  deinit {
    guard stream != nil else { return }
    gzclose(stream)
    unlink(path + ".partial")
  }

  /// Splits a name into the two name fields of a header; nil if it does not fit.
  private static func split(_ name: String) -> (folder: String, file: String)? {
    guard name.utf8.count > 100 else { return ("", name) }
    let slash = name.indices.first { name[$0] == "/" && name[$0...].utf8.count <= 101 }
    guard let slash, slash > name.startIndex, name[..<slash].utf8.count <= 155 else { return nil }
    return (String(name[..<slash]), String(name[name.index(after: slash)...]))
  }

  private func header(_ folder: String, _ file: String, count: Int) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at start: Int) {
      for (i, byte) in text.utf8.enumerated() { block[start + i] = byte }
    }
    func octal(_ number: Int, digits: Int) -> String {
      let text = String(number, radix: 8)
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    put(file, at: 0)
    put(octal(0o644, digits: 7), at: 100)
    put(octal(0, digits: 7), at: 108)
    put(octal(0, digits: 7), at: 116)
    put(octal(count, digits: 11), at: 124)
    put(octal(0, digits: 11), at: 136)
    // The checksum is the sum of all bytes, with its own eight bytes counted as spaces.
    put("        ", at: 148)
    put("0", at: 156)
    put("ustar", at: 257)
    put("00", at: 263)
    put(folder, at: 345)
    put(octal(block.reduce(0) { $0 + Int($1) }, digits: 6) + "\0 ", at: 148)
    return block
  }

  private func write(_ bytes: [UInt8]) throws {
    guard !bytes.isEmpty else { return }
    let written = bytes.withUnsafeBytes { gzwrite(stream, $0.baseAddress, UInt32($0.count)) }
    guard Int(written) == bytes.count else { throw failure(String(cString: strerror(errno))) }
  }

  private func failure(_ cause: String) -> TrainingError {
    .output(
      file: path, problem: "cannot be written (\(cause)); check the folder and the free disk space")
  }
}
