/// The checksum of records in event files: CRC-32 with Castagnoli's polynomial (RFC 3720, B.4).
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in
      // 0x1EDC6F41 with its bits reversed.
      rest & 1 == 0 ? rest >> 1 : rest >> 1 ^ 0x82F6_3B78
    }
  }

  /// The checksum of these bytes.
  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
  }

  /// The checksum as records hold it: rotated and shifted, so that a checksum over bytes that hold
  /// checksums themselves stays meaningful.
  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let sum = checksum(bytes)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }
}
