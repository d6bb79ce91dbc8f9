import PACFiles

/// The CRC-32 of a file, appended as a last line of text: `PAC-CHECKPOINT-CRC32 89abcdef`.
///
/// HDF5 ignores what follows the end of its own data, so other programs can still read the file.
/// The checksum is outside HDF5 because a damaged structure can crash the library before it reads
/// an attribute. The file is first read as plain bytes, and HDF5 opens it only if the checksum
/// matches.
enum FileChecksum {
  /// The result of verifying a file.
  enum Verdict: Equatable {
    case intact
    /// No checksum at the end.
    case absent
    /// The stated checksum and that of the bytes differ; both hexadecimal.
    case differs(given: String, found: String)
  }

  private static let mark = "\nPAC-CHECKPOINT-CRC32 "
  private static let digits = 8
  private static let length = mark.utf8.count + digits + 1

  /// Appends the checksum of the file's contents.
  static func append(to path: String) throws(SystemFile.Failure) {
    let (sum, _) = try sum(of: SystemFile(path, for: .reading), leavingOut: 0)
    try SystemFile(path, for: .appending).write(Array(line(sum).utf8))
  }

  /// Verifies the file's bytes against its last line.
  static func verify(_ file: SystemFile) throws(SystemFile.Failure) -> Verdict {
    let (sum, rest) = try sum(of: file, leavingOut: length)
    if rest == Array(line(sum).utf8) { return .intact }
    let start = Array(mark.utf8)
    guard rest.starts(with: start) else { return .absent }
    let given = String(decoding: rest.dropFirst(start.count), as: UTF8.self)
    return .differs(
      given: given.filter { $0.isASCII && $0.isHexDigit }, found: sum.hexadecimal)
  }

  /// The checksum of all but the last `tail` bytes, and those bytes.
  private static func sum(
    of file: SystemFile, leavingOut tail: Int
  ) throws(SystemFile.Failure) -> (sum: CRC32, rest: [UInt8]) {
    var sum = CRC32()
    var held: [UInt8] = []
    while true {
      let bytes = try file.read(upTo: 1 << 20)
      if bytes.isEmpty { return (sum, held) }
      held += bytes
      let ready = max(held.count - tail, 0)
      sum.update(held.prefix(ready))
      held.removeFirst(ready)
    }
  }

  private static func line(_ sum: CRC32) -> String { "\(mark)\(sum.hexadecimal)\n" }
}
