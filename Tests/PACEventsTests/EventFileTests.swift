import Foundation
import PACTestSupport
import Testing

@testable import PACEvents

@Suite struct EventFileTests {
  /// The values of RFC 3720, B.4.
  @Test func checksums() {
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 255, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(Array(0..<32)) == 0x46DD_794E)
    #expect(CRC32C.checksum("123456789".utf8) == 0xE306_9283)
  }

  /// A scalar, byte by byte, worked out by hand from the format.
  @Test func theBytesOfARecord() throws {
    let folder = try TemporaryFolder()
    let file = try EventFile(in: folder.path, after: 0, at: 2)
    let begin = try Data(contentsOf: URL(fileURLWithPath: file.path)).count
    try file.append([("a", .scalar(1))], step: 3, at: 0.5)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file.path)).dropFirst(begin))
    let record: [UInt8] = [
      // Field 1, 64 bits: 0.5. Field 2: 3. Field 5, 10 bytes: a summary …
      0x09, 0, 0, 0, 0, 0, 0, 0xE0, 0x3F, 0x10, 3, 0x2A, 10,
      // … of one value of 8 bytes: field 1, "a"; field 2, 32 bits: 1.
      0x0A, 8, 0x0A, 1, 0x61, 0x15, 0, 0, 0x80, 0x3F,
    ]
    #expect(Array(bytes[12..<bytes.count - 4]) == record)
    #expect(Array(bytes[..<8]) == [UInt8(record.count), 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(bytes[8..<12]) == littleEndian(CRC32C.masked(bytes[..<8])))
    #expect(Array(bytes.suffix(4)) == littleEndian(CRC32C.masked(record)))
  }

  @Test func namesSortByTime() throws {
    let folder = try TemporaryFolder()
    let file = try EventFile(in: folder.path, after: 7, at: 1_700_000_000.9)
    let name = try #require(file.path.split(separator: "/").last)
    #expect(name.hasPrefix("events.out.tfevents.1700000000."), "\(name)")
  }

  private func littleEndian(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
