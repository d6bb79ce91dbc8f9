import Glibc
import PACFiles
import PACHDF5

/// Checksums at the end of a dataset file: one for each stored chunk and one for everything else.
///
/// HDF5 ignores what follows the end of its own data. The checksums are stored there, outside HDF5,
/// because a damaged structure can crash the library. The structure, which is small even with
/// names, sizes and splits, is verified as plain bytes before HDF5 opens the file. Pixels are
/// verified chunk by chunk when they are read. docs/data-format.md describes the layout; reasons in
/// docs/decisions/0006-checksums-of-datasets.md.
struct DatasetSeal: Sendable {
  /// A chunk as stored in the file.
  private struct Entry {
    let place: Range<Int>
    let sum: UInt32

    static let size = 20
  }

  /// The checksum of all checksums, which changes with any byte of the file.
  let fingerprint: String
  private let file: SystemFile
  private let entries: [Int: Entry]

  private static let mark = "\nPAC-DATASET-CRC32 "
  /// The last line: mark, offset of the table, checksum of all but the chunks, checksum of table
  /// and line.
  private static let lineLength = mark.utf8.count + 16 + 1 + 8 + 1 + 8 + 1

  /// Why the file does not match its seal.
  struct Mismatch: Error, Equatable {
    let description: String
  }

  /// Runs `body`, and adds the file and the place to the message of a mismatch.
  static func naming<R>(_ place: String, _ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let mismatch as Mismatch {
      throw DataError("\(place): damaged: \(mismatch.description); copy or create it again")
    } catch let failure as SystemFile.Failure where failure.code == EIO {
      throw DataError("\(place): damaged: \(failure); copy or create it again")
    }
  }

  /// Reads the seal of a file and verifies all bytes but those of the chunks.
  /// - Returns: nil if the file does not end with a seal.
  /// - Throws: `Mismatch`; `SystemFile.Failure`.
  static func open(_ path: String) throws -> DatasetSeal? {
    let file = try SystemFile(path, for: .reading)
    let size = try file.size
    guard size > lineLength else { return nil }
    let line = try bytes(file, size - lineLength..<size)
    guard line.starts(with: mark.utf8) else { return nil }
    let fields = String(decoding: line.dropFirst(mark.utf8.count), as: UTF8.self)
      .split(whereSeparator: \.isWhitespace).map { UInt(String($0), radix: 16) }
    guard fields.count == 3, let start = fields[0].flatMap(Int.init(exactly:)),
      let rest = fields[1], let whole = fields[2], start >= 0, start <= size - lineLength,
      (size - lineLength - start) % Entry.size == 0
    else { throw Mismatch(description: "the line of checksums at its end is damaged") }
    let table = try bytes(file, start..<size - lineLength)
    var sum = CRC32()
    sum.update(table)
    sum.update(line.dropLast(" 89abcdef\n".utf8.count))
    guard sum.value == whole else {
      throw Mismatch(description: "its table of checksums is damaged")
    }
    let entries = self.entries(of: table)
    let found = try sumOutside(entries.map(\.place), file, end: start)
    guard UInt(found) == rest else {
      throw Mismatch(
        description: "its structure has the checksum \(CRC32.hexadecimal(found)), "
          + "was written with \(CRC32.hexadecimal(UInt32(rest)))")
    }
    return DatasetSeal(
      fingerprint: sum.hexadecimal, file: file,
      entries: Dictionary(entries.map { ($0.place.lowerBound, $0) }) { first, _ in first })
  }

  /// Like `open(_:)`, but names the file in errors.
  ///
  /// Also nil for an unreadable file, which the next open reports.
  static func openIfReadable(_ path: String) throws -> DatasetSeal? {
    do {
      return try naming(path) { try open(path) }
    } catch is SystemFile.Failure {
      return nil
    }
  }

  /// Verifies the checksum of a stored chunk.
  /// - Throws: `Mismatch`; `SystemFile.Failure`.
  func verify(_ chunk: Range<Int>) throws {
    guard let entry = entries[chunk.lowerBound], entry.place == chunk else {
      throw Mismatch(description: "there is no checksum for the bytes \(chunk)")
    }
    let sum = try Self.sum(file, chunk)
    guard sum == entry.sum else {
      throw Mismatch(
        description: "the bytes \(chunk) have the checksum \(CRC32.hexadecimal(sum)), "
          + "were written with \(CRC32.hexadecimal(entry.sum))")
    }
  }

  /// Appends the seal to a finished file that still has its temporary name.
  /// - Throws: `DataError` or `HDF5Error` if it cannot be read or written.
  static func append(to file: AtomicFile) throws {
    do {
      try append(to: file.temporaryPath)
    } catch let failure as SystemFile.Failure {
      throw DataError("\(file.path): \(failure); check the free disk space and the quota")
    }
  }

  private static func append(to path: String) throws {
    let root = try HDF5File(reading: path, isOwn: true).root
    var places: [Range<Int>] = []
    for name in try root.datasetPaths() {
      let dataset = try root.dataset(name)
      for start in dataset.chunkStarts(meeting: dataset.shape.map { 0..<$0 }) {
        if let place = try dataset.storedChunk(at: start) { places.append(place) }
      }
    }
    places.sort { $0.lowerBound < $1.lowerBound }
    let file = try SystemFile(path, for: .reading)
    let end = try file.size
    var table: [UInt8] = []
    for place in places {
      for number in [place.lowerBound, place.count] {
        withUnsafeBytes(of: UInt64(number).littleEndian) { table += $0 }
      }
      withUnsafeBytes(of: try sum(file, place).littleEndian) { table += $0 }
    }
    let rest = try sumOutside(places, file, end: end)
    let start = String(end, radix: 16)
    let line =
      mark + String(repeating: "0", count: 16 - start.count) + start
      + " " + CRC32.hexadecimal(rest)
    var whole = CRC32()
    whole.update(table)
    whole.update(Array(line.utf8))
    try SystemFile(path, for: .appending).write(
      table + Array("\(line) \(whole.hexadecimal)\n".utf8))
  }

  // MARK: - Bytes

  private static func entries(of table: [UInt8]) -> [Entry] {
    table.withUnsafeBytes { table in
      stride(from: 0, to: table.count, by: Entry.size).map { at in
        let numbers = [0, 8].map {
          UInt64(littleEndian: table.loadUnaligned(fromByteOffset: at + $0, as: UInt64.self))
        }
        let sum = table.loadUnaligned(fromByteOffset: at + 16, as: UInt32.self)
        // The table's checksum has been verified; the bound only keeps the sum from overflowing.
        let first = Int(clamping: min(numbers[0], 1 << 62))
        let count = Int(clamping: min(numbers[1], 1 << 62))
        return Entry(place: first..<first + count, sum: UInt32(littleEndian: sum))
      }
    }
  }

  /// The checksum of the bytes up to `end` outside `places`, which are sorted.
  private static func sumOutside(
    _ places: [Range<Int>], _ file: SystemFile, end: Int
  ) throws -> UInt32 {
    var sum = CRC32()
    var next = 0
    for place in places + [end..<end] {
      guard place.lowerBound >= next, place.upperBound <= end else {
        throw Mismatch(description: "its table of checksums names places outside of it")
      }
      try update(&sum, file, next..<place.lowerBound)
      next = place.upperBound
    }
    return sum.value
  }

  private static func sum(_ file: SystemFile, _ place: Range<Int>) throws -> UInt32 {
    var sum = CRC32()
    try update(&sum, file, place)
    return sum.value
  }

  private static func update(_ sum: inout CRC32, _ file: SystemFile, _ place: Range<Int>) throws {
    var start = place.lowerBound
    while start < place.upperBound {
      let bytes = try file.read(at: start, upTo: min(1 << 20, place.upperBound - start))
      guard !bytes.isEmpty else { throw Mismatch(description: "the file is truncated") }
      sum.update(bytes)
      start += bytes.count
    }
  }

  private static func bytes(_ file: SystemFile, _ place: Range<Int>) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < place.count {
      let more = try file.read(
        at: place.lowerBound + bytes.count, upTo: place.count - bytes.count)
      guard !more.isEmpty else { throw Mismatch(description: "the file is truncated") }
      bytes += more
    }
    return bytes
  }
}
