import PACFiles

/// One file inside a zip archive.
struct ZipEntry {
  let name: String
  /// How its bytes are stored.
  enum Method {
    case stored
    case deflated
  }
  let method: Method
  /// Its size in the archive.
  let compressedCount: Int
  /// Its own size.
  let count: Int
  /// CRC-32 of its bytes; 0 where the program that wrote it computed none.
  let checksum: UInt32
  /// Where its bytes begin in the archive.
  let offset: Int
}

/// A zip archive of one part, as PyTorch writes it since version 1.6; entries stored or deflated, zip64 included.
struct ZipArchive {
  private let file: FileBytes
  /// The entries in the order of the archive's directory.
  let entries: [ZipEntry]
  private let places: [String: Int]

  /// Whether a file begins like an archive.
  static func recognizes(_ start: [UInt8]) -> Bool { start.starts(with: [0x50, 0x4B, 3, 4]) }

  /// Reads the directory, and compares every size in it with the file's.
  init(_ file: FileBytes) throws {
    self.file = file
    let entries = try ZipDirectory(file).entries(of: file)
    self.entries = entries
    places = try Dictionary(entries.enumerated().map { ($1.name, $0) }) { first, _ in
      throw WeightFileError.damaged(
        file.path, "the archive holds \(shown(entries[first].name)) twice")
    }
  }

  subscript(name: String) -> ZipEntry? { places[name].map { entries[$0] } }

  /// All bytes of an entry, compared with its checksum.
  func bytes(of entry: ZipEntry) throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(entry.count)
    try forEachPiece(of: entry) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Compares the bytes of an entry with its size and its checksum.
  func verify(_ entry: ZipEntry) throws { try forEachPiece(of: entry) { _ in } }

  /// Hands out the bytes of an entry piece by piece; throws after the last one if they are not what was stored.
  private func forEachPiece(
    of entry: ZipEntry, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var (sum, made) = (CRC32(), 0)
    func pass(_ piece: UnsafeRawBufferPointer) throws {
      made += piece.count
      guard made <= entry.count else { throw damaged(entry, "holds more than it says") }
      sum.update(piece)
      try body(piece)
    }
    switch entry.method {
    case .stored:
      try forEachStoredPiece(of: entry) {
        try pass($0)
        return true
      }
    case .deflated:
      let inflation = Inflation(.none)
      try forEachStoredPiece(of: entry) { input in
        let progress = try inflation.inflate(input, pass)
        if progress == .damaged { throw damaged(entry, "is not a deflated stream") }
        return progress == .more
      }
    }
    guard made == entry.count else {
      throw damaged(entry, "holds \(made) bytes where it says \(entry.count)")
    }
    guard entry.checksum == 0 || entry.checksum == sum.value else {
      throw damaged(entry, "its checksum does not fit its bytes")
    }
  }

  /// Passes what the archive holds for an entry, until `body` wants no more.
  private func forEachStoredPiece(
    of entry: ZipEntry, _ body: (UnsafeRawBufferPointer) throws -> Bool
  ) throws {
    let size = min(entry.compressedCount, 1 << 20)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 16)
    defer { buffer.deallocate() }
    var done = 0
    while done < entry.compressedCount {
      let count = min(size, entry.compressedCount - done)
      let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
      try file.read(at: entry.offset + done, into: piece)
      guard try body(UnsafeRawBufferPointer(piece)) else { return }
      done += count
    }
  }

  private func damaged(_ entry: ZipEntry, _ problem: String) -> WeightFileError {
    .damaged(file.path, at: shown(entry.name), problem)
  }
}
