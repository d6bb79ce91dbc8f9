import PACFiles

/// A CRC-32 of everything in a file before it, as a last line of text: `PAC-CHECKPOINT-CRC32 89abcdef`.
///
/// HDF5 ignores what follows its own end, so that other programs read the file all the same. It stands outside
/// because changed bytes in the structure of an HDF5 file can end the process before an attribute is compared: the
/// file is read once as plain bytes, and the library sees it only if they are what was written.
enum FileChecksum {
  /// What a file says about its bytes.
  enum Verdict: Equatable {
    case intact
    /// No checksum at the end.
    case absent
    /// The file gives one checksum, its bytes another; hexadecimal.
    case differs(given: String, found: String)
  }

  private static let mark = "\nPAC-CHECKPOINT-CRC32 "
  private static let digits = 8
  private static let length = mark.utf8.count + digits + 1

  /// Appends the checksum of what the file holds.
  static func append(to path: String) throws(SystemFile.Failure) {
    let (sum, _) = try sum(of: SystemFile(path, for: .reading), leavingOut: 0)
    try SystemFile(path, for: .appending).write(Array(line(sum).utf8))
  }

  /// Compares the file's bytes with its last line.
  static func verify(_ file: SystemFile) throws(SystemFile.Failure) -> Verdict {
    let (sum, rest) = try sum(of: file, leavingOut: length)
    if rest == Array(line(sum).utf8) { return .intact }
    let start = Array(mark.utf8)
    guard rest.starts(with: start) else { return .absent }
    let given = String(decoding: rest.dropFirst(start.count), as: UTF8.self)
    return .differs(
      given: given.filter { $0.isASCII && $0.isHexDigit }, found: sum.hexadecimal)
  }

  /// The checksum of all but the last `tail` bytes, and those.
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
