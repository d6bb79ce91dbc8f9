/// The location of a zip archive's directory, from the record at the end or the zip64 record before
/// it.
///
/// Sources: PKWARE's APPNOTE 6.3.10, sections 4.3.7 to 4.5.3.
struct ZipDirectory {
  private let count: Int
  private let size: Int
  private let offset: Int

  private static let endLength = 22
  private static let locatorLength = 20
  private static let end64Length = 56

  /// Finds the record at the end of the file, which only a comment may follow.
  init(_ file: FileBytes) throws {
    let tailLength = min(file.count, Self.endLength + Int(UInt16.max))
    let tail = try file.bytes(at: file.count - tailLength, count: tailLength)
    let start = stride(from: tailLength - Self.endLength, through: 0, by: -1).first { start in
      tail[start...].starts(with: [0x50, 0x4B, 5, 6])
        && Int(tail[start + 20]) + Int(tail[start + 21]) << 8
          == tailLength - start - Self.endLength
    }
    guard let start else {
      throw ForeignFileError.damaged(file.path, "the archive has no directory at its end")
    }
    var end = ByteCursor(Array(tail[start...]), file: file.path, part: "end of the archive")
    _ = try end.take(10)
    let counts = Int(try end.integer(UInt16.self))
    let size = Int(try end.integer(UInt32.self))
    let offset = Int(try end.integer(UInt32.self))
    let place = file.count - tailLength + start
    if let large = try Self.end64(file, before: place) {
      self = large
    } else {
      self.init(count: counts, size: size, offset: offset)
    }
    guard self.size <= place, self.offset <= place - self.size, self.count <= self.size / 46 else {
      throw ForeignFileError.damaged(
        file.path, "the archive's directory of \(self.size) bytes is not where it should be")
    }
  }

  private init(count: Int, size: Int, offset: Int) {
    (self.count, self.size, self.offset) = (count, size, offset)
  }

  /// Reads the zip64 records; nil if there are none.
  private static func end64(_ file: FileBytes, before end: Int) throws -> ZipDirectory? {
    guard end >= locatorLength else { return nil }
    var locator = ByteCursor(
      try file.bytes(at: end - locatorLength, count: locatorLength), file: file.path,
      part: "zip64 locator")
    guard try locator.integer(UInt32.self) == 0x0706_4B50 else { return nil }
    _ = try locator.integer(UInt32.self)
    guard let place = Int(exactly: try locator.integer(UInt64.self)),
      place <= end - locatorLength - end64Length
    else { throw locator.damaged("points outside the file") }
    var record = ByteCursor(
      try file.bytes(at: place, count: end64Length), file: file.path, part: "zip64 record")
    guard try record.integer(UInt32.self) == 0x0606_4B50 else {
      throw record.damaged("is missing", at: 0)
    }
    _ = try record.take(28)
    guard let count = Int(exactly: try record.integer(UInt64.self)),
      let size = Int(exactly: try record.integer(UInt64.self)),
      let offset = Int(exactly: try record.integer(UInt64.self))
    else { throw record.damaged("points outside the file") }
    return ZipDirectory(count: count, size: size, offset: offset)
  }

  /// Reads the entries and checks that each is within the file and before the directory.
  func entries(of file: FileBytes) throws -> [ZipEntry] {
    var cursor = ByteCursor(
      try file.bytes(at: offset, count: size), file: file.path, part: "archive's directory")
    return try (0..<count).map { _ in try entry(&cursor, file) }
  }

  private func entry(_ cursor: inout ByteCursor, _ file: FileBytes) throws -> ZipEntry {
    let start = cursor.position
    guard try cursor.integer(UInt32.self) == 0x0201_4B50 else {
      throw cursor.damaged("is not an entry", at: start)
    }
    _ = try cursor.take(4)
    let flags = try cursor.integer(UInt16.self)
    let method = try cursor.integer(UInt16.self)
    _ = try cursor.take(4)
    let checksum = try cursor.integer(UInt32.self)
    var sizes = ZipSizes(
      compressed: UInt64(try cursor.integer(UInt32.self)),
      own: UInt64(try cursor.integer(UInt32.self)), offset: 0)
    let nameLength = Int(try cursor.integer(UInt16.self))
    let extraLength = Int(try cursor.integer(UInt16.self))
    let commentLength = Int(try cursor.integer(UInt16.self))
    _ = try cursor.take(8)
    sizes.offset = UInt64(try cursor.integer(UInt32.self))
    let name = String(decoding: try cursor.take(nameLength), as: UTF8.self)
    try sizes.complete(from: Array(cursor.take(extraLength)), file.path, name)
    _ = try cursor.take(commentLength)
    guard flags & 1 == 0 else {
      throw ForeignFileError(
        file.path, at: shown(name), "is encrypted", advice: "store the file without a password")
    }
    let methods: [UInt16: ZipEntry.Method] = [0: .stored, 8: .deflated]
    guard let method = methods[method] else {
      throw ForeignFileError(
        file.path, at: shown(name), "is compressed by method \(method)",
        advice: "store or deflate it")
    }
    return try located(sizes, name: name, method: method, checksum: checksum, in: file)
  }

  /// Checks the sizes against the file, and locates the entry's bytes.
  private func located(
    _ sizes: ZipSizes, name: String, method: ZipEntry.Method, checksum: UInt32, in file: FileBytes
  ) throws -> ZipEntry {
    func damaged(_ problem: String) -> ForeignFileError {
      .damaged(file.path, at: shown(name), problem)
    }
    let headerLength = 30
    guard let start = Int(exactly: sizes.offset), let packed = Int(exactly: sizes.compressed),
      let count = Int(exactly: sizes.own), start <= offset - headerLength
    else { throw damaged("lies outside the file") }
    var header = ByteCursor(
      try file.bytes(at: start, count: headerLength), file: file.path, part: shown(name))
    guard try header.integer(UInt32.self) == 0x0403_4B50 else {
      throw damaged("is not where the archive's directory puts it")
    }
    _ = try header.take(22)
    let nameLength = Int(try header.integer(UInt16.self))
    let extraLength = Int(try header.integer(UInt16.self))
    let begin = start + headerLength + nameLength + extraLength
    guard begin <= offset, packed <= offset - begin else {
      throw damaged("\(packed) bytes do not fit into the file")
    }
    guard method == .stored ? count == packed : count / Inflation.largestFactor <= packed else {
      throw damaged("\(packed) bytes cannot inflate to \(count)")
    }
    return ZipEntry(
      name: name, method: method, compressedCount: packed, count: count, checksum: checksum,
      offset: begin, extent: start..<begin + packed)
  }
}

/// The sizes and the offset of an entry, from 32-bit fields or a 64-bit extra field.
private struct ZipSizes {
  var compressed: UInt64
  var own: UInt64
  var offset: UInt64

  /// Takes values that do not fit into 32 bits from extra field 1.
  mutating func complete(from extra: [UInt8], _ file: String, _ name: String) throws {
    let beyond = UInt64(UInt32.max)
    guard own == beyond || compressed == beyond || offset == beyond else { return }
    var fields = ByteCursor(extra, file: file, part: "\(shown(name)), extra field")
    while !fields.isAtEnd {
      let kind = try fields.integer(UInt16.self)
      let length = Int(try fields.integer(UInt16.self))
      var field = ByteCursor(Array(try fields.take(length)), file: file, part: fields.part)
      guard kind == 1 else { continue }
      if own == beyond { own = try field.integer(UInt64.self) }
      if compressed == beyond { compressed = try field.integer(UInt64.self) }
      if offset == beyond { offset = try field.integer(UInt64.self) }
      return
    }
  }
}
