import PACFiles

/// The limits above which a zip archive needs zip64.
struct ZipLimits {
  /// The first size or offset that needs zip64: the largest 32-bit value marks zip64 itself.
  var number = Int(UInt32.max)
  /// The first number of entries that needs zip64.
  var entries = Int(UInt16.max)
}

/// Writes a zip archive of stored entries.
///
/// Like PyTorch, it aligns each to 64 bytes for memory mapping, and uses zip64 where sizes or the
/// number of entries require it.
///
/// Source: PKWARE's APPNOTE 6.3.10, sections 4.3.7 to 4.5.3.
final class ZipWriter {
  private let sink: FileSink
  private let limits: ZipLimits
  private var directory: [UInt8] = []
  private var entryCount = 0

  private static let alignment = 64

  init(_ path: String, limits: ZipLimits = ZipLimits()) throws {
    sink = try FileSink(path)
    self.limits = limits
  }

  func add(_ name: String, _ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try add(name, $0) }
  }

  func add(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
    var sum = CRC32()
    sum.update(bytes)
    let (start, size) = (sink.count, bytes.count)
    // Version, flags, method, time, date, checksum, sizes and the name's length are the same in
    // both headers.
    var common: [UInt8] = []
    common.append(number: version(for: [start, size]))
    for number: UInt16 in [0, 0, 0, Self.firstDay] { common.append(number: number) }
    common.append(number: sum.value)
    common.append(number: narrow(size))
    common.append(number: narrow(size))
    common.append(number: UInt16(name.utf8.count))

    var extra = wide([size, size])
    let headerCount = 30 + name.utf8.count + extra.count
    // An extra field has a header of four bytes.
    let padding = (2 * Self.alignment - (start + headerCount + 4) % Self.alignment) % Self.alignment
    extra += [UInt8(ascii: "F"), UInt8(ascii: "B")]
    extra.append(number: UInt16(padding))
    extra += [UInt8](repeating: 0, count: padding)
    var header: [UInt8] = [0x50, 0x4B, 3, 4] + common
    header.append(number: UInt16(extra.count))
    try sink.write(header + Array(name.utf8) + extra)
    try sink.write(bytes)

    let directoryExtra = wide([size, size, start])
    directory += [0x50, 0x4B, 1, 2] + common.prefix(2) + common
    directory.append(number: UInt16(directoryExtra.count))
    directory += [UInt8](repeating: 0, count: 10)
    directory.append(number: narrow(start))
    directory += Array(name.utf8) + directoryExtra
    entryCount += 1
  }

  /// Writes the directory; no entry can be added afterwards.
  func finish() throws {
    let start = sink.count
    try sink.write(directory)
    let isWide = max(start, directory.count) >= limits.number || entryCount >= limits.entries
    if isWide { try sink.write(wideEnd(directoryStart: start)) }
    let count = entryCount >= limits.entries ? UInt16.max : UInt16(entryCount)
    var end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
    end.append(number: count)
    end.append(number: count)
    end.append(number: narrow(directory.count))
    end.append(number: narrow(start))
    end.append(number: UInt16(0))
    try sink.write(end)
  }

  /// The zip64 end-of-directory record and its locator.
  private func wideEnd(directoryStart: Int) -> [UInt8] {
    var end: [UInt8] = [0x50, 0x4B, 6, 6]
    end.append(number: UInt64(44))
    end += [45, 0, 45, 0] + [UInt8](repeating: 0, count: 8)
    for number in [entryCount, entryCount, directory.count, directoryStart] {
      end.append(number: UInt64(number))
    }
    end += [0x50, 0x4B, 6, 7, 0, 0, 0, 0]
    end.append(number: UInt64(sink.count))
    end.append(number: UInt32(1))
    return end
  }

  /// The version that a reader must support: 4.5 for zip64, else 2.0.
  private func version(for numbers: [Int]) -> UInt16 {
    numbers.contains { $0 >= limits.number } ? 45 : 20
  }

  /// A number in 32 bits; all ones, which refers to the extra field, if it does not fit.
  private func narrow(_ number: Int) -> UInt32 {
    number >= limits.number ? .max : UInt32(number)
  }

  /// The extra field with the numbers that do not fit into 32 bits; empty if all fit.
  private func wide(_ numbers: [Int]) -> [UInt8] {
    let large = numbers.filter { $0 >= limits.number }
    if large.isEmpty { return [] }
    var field: [UInt8] = [1, 0]
    field.append(number: UInt16(8 * large.count))
    for number in large { field.append(number: UInt64(number)) }
    return field
  }

  /// 1 January 1980, so that the same weights always give the same file.
  private static let firstDay: UInt16 = 0x21
}
