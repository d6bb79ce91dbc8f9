/// One file inside a zip archive.
package struct ZipEntry: Sendable {
  /// Its name, with the folders of the archive.
  package let name: String
  /// The compression method.
  package enum Method: Sendable {
    case stored
    case deflated
  }
  package let method: Method
  /// Its compressed size in bytes.
  package let compressedCount: Int
  /// Its uncompressed size in bytes.
  package let count: Int
  /// The CRC-32 of its bytes; 0 if the writing program computed none.
  package let checksum: UInt32
  /// The offset of its bytes in the archive.
  package let offset: Int
  /// Its place in the archive, from its header to the last of its bytes.
  let extent: Range<Int>
}

/// A single-file zip archive, as PyTorch writes it since version 1.6; supports stored and deflated
/// entries and zip64.
package struct ZipArchive {
  private let file: FileBytes
  /// The entries in the order of the archive's directory.
  package let entries: [ZipEntry]
  private let places: [String: Int]

  /// Whether a file begins like a zip archive.
  package static func recognizes(_ start: [UInt8]) -> Bool {
    start.starts(with: [0x50, 0x4B, 3, 4])
  }

  /// Reads the directory, and checks every size in it against the size of the file.
  ///
  /// Entries may not share bytes, and together they may not take more memory than `ReadingLimit`
  /// allows.
  package init(_ file: FileBytes) throws {
    self.file = file
    let entries = try ZipDirectory(file).entries(of: file)
    try Self.requireDisjoint(entries, file)
    let unpacked = entries.reduce(0) { clampedSum($0, $1.count) }
    if let refusal = ReadingLimit(fileSize: file.count).refusal(of: unpacked) {
      throw ForeignFileError(
        file.path, "the archive \(refusal.problem)", advice: refusal.advice)
    }
    self.entries = entries
    places = try Dictionary(entries.enumerated().map { ($1.name, $0) }) { first, _ in
      throw ForeignFileError.damaged(
        file.path, "the archive holds \(shown(entries[first].name)) twice")
    }
  }

  private static func requireDisjoint(_ entries: [ZipEntry], _ file: FileBytes) throws {
    let sorted = entries.sorted { $0.extent.lowerBound < $1.extent.lowerBound }
    for (entry, next) in zip(sorted, sorted.dropFirst())
    where entry.extent.upperBound > next.extent.lowerBound {
      throw ForeignFileError.damaged(
        file.path, at: shown(next.name), "shares bytes with \(shown(entry.name))")
    }
  }

  package subscript(name: String) -> ZipEntry? { places[name].map { entries[$0] } }

  /// Reads all bytes of an entry and verifies its checksum.
  package func bytes(of entry: ZipEntry) throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(entry.count)
    try forEachPiece(of: entry) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Verifies the size and the checksum of an entry.
  package func verify(_ entry: ZipEntry) throws { try forEachPiece(of: entry) { _ in } }

  /// Calls `body` with the bytes of an entry piece by piece; throws after the last one if size or
  /// checksum do not match.
  private func forEachPiece(
    of entry: ZipEntry, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var (sum, made) = (CRC32(), 0)
    func pass(_ piece: UnsafeRawBufferPointer) throws {
      made += piece.count
      guard made <= entry.count else { throw damaged(entry, "holds more bytes than it states") }
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
      throw damaged(entry, "holds \(made) bytes, but states \(entry.count)")
    }
    guard entry.checksum == 0 || entry.checksum == sum.value else {
      throw damaged(entry, "its checksum does not match its bytes")
    }
  }

  /// Calls `body` with the stored bytes of an entry piece by piece, until it wants no more.
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

  private func damaged(_ entry: ZipEntry, _ problem: String) -> ForeignFileError {
    .damaged(file.path, at: shown(entry.name), problem)
  }
}
