import PACFiles

/// A packed archive where an unpacked folder or file is wanted.
struct PackedArchive {
  private let path: String
  private let kind: Kind

  private enum Kind {
    case zip, tar, gzip, rar, sevenZip
  }

  /// Recognizes an archive by its first bytes; nil if it is none, or cannot be read.
  init?(_ path: String) {
    self.path = path
    guard let file = try? FileBytes(path),
      let start = try? file.bytes(at: 0, count: min(file.count, 512))
    else { return nil }
    let name = path.lowercased()
    let isPackedTar = name.hasSuffix(".tgz") || name.contains(".tar.") || name.hasSuffix(".tbz2")
    let marks: [([UInt8], Kind)] = [
      ([0x50, 0x4B, 3, 4], .zip), (Array("Rar!".utf8), .rar),
      ([0x37, 0x7A, 0xBC, 0xAF], .sevenZip), ([0x1F, 0x8B], isPackedTar ? .tar : .gzip),
      (Array("BZh".utf8), .tar), ([0xFD, 0x37, 0x7A, 0x58, 0x5A], .tar),
    ]
    if let mark = marks.first(where: { start.starts(with: $0.0) }) {
      kind = mark.1
    } else if start.count == 512, start[257..<262].elementsEqual("ustar".utf8) {
      kind = .tar
    } else {
      return nil
    }
  }

  /// The command that unpacks it.
  private var command: String {
    let isPlain = path.allSatisfy { $0.isLetter || $0.isNumber || "/._-+".contains($0) }
    let name = isPlain ? path : "\"\(path)\""
    return switch kind {
    case .zip: "unzip \(name)"
    case .tar: "tar -xf \(name)"
    case .gzip: "gunzip \(name)"
    case .rar: "unrar x \(name)"
    case .sevenZip: "7z x \(name)"
    }
  }

  /// The error for an archive given instead of what it holds, such as `folder`.
  func error(wanted: String) -> DataError {
    DataError("\(path): is an archive; unpack it with '\(command)' and name the unpacked \(wanted)")
  }
}
