/// How a record lies in an event file (TFRecord): its length in 8 bytes, the length's checksum in 4,
/// the bytes, their checksum in 4; all integers little-endian.
enum RecordFrame {
  /// The framed record.
  static func bytes(of record: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(record.count))
    return length + littleEndian(CRC32C.masked(length)) + record
      + littleEndian(CRC32C.masked(record))
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
