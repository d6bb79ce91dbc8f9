import CPACZlib

/// The CRC-32 of zlib, PNG and zip, computed incrementally.
///
/// It detects every change within 32 consecutive bits, and misses other changes with a probability
/// of 2⁻³².
public struct CRC32: Sendable {
  private var sum = crc32_z(0, nil, 0)

  /// Makes the checksum of no bytes.
  public init() {}

  /// Appends bytes.
  public mutating func update(_ bytes: some Sequence<UInt8>) {
    let isDone: Void? = bytes.withContiguousStorageIfAvailable {
      sum = crc32_z(sum, $0.baseAddress, z_size_t($0.count))
    }
    if isDone == nil { update(Array(bytes)) }
  }

  /// Appends bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    sum = crc32_z(
      sum, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), z_size_t(bytes.count))
  }

  /// The checksum so far.
  public var value: UInt32 { UInt32(truncatingIfNeeded: sum) }

  /// The checksum in eight hexadecimal digits.
  public var hexadecimal: String { Self.hexadecimal(value) }

  /// A number in eight hexadecimal digits.
  public static func hexadecimal(_ value: UInt32) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 8 - text.count) + text
  }
}
