import Foundation

/// Makes zip archives, stored or as deflate's stored blocks.
public struct ZipBuilder {
  /// The files: name, contents, and the size that the archive states for them; nil: the right one.
  public var files: [(name: String, contents: [UInt8], stated: Int?)]
  /// Whether the files are deflated.
  public var isDeflated = false

  /// Describes an archive.
  public init(_ files: [(name: String, contents: [UInt8], stated: Int?)]) { self.files = files }

  /// The archive's bytes.
  public func data() -> Data {
    var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
    for file in files {
      let packed = isDeflated ? deflated(file.contents) : file.contents
      let common =
        number(isDeflated ? 8 : 0, 2) + number(0, 4) + number(checksum(file.contents), 4)
        + number(packed.count, 4) + number(file.stated ?? file.contents.count, 4)
        + number(file.name.utf8.count, 2) + number(0, 2)
      directory += number(0x0201_4B50, 4) + number(20, 2) + number(20, 2) + number(0, 2) + common
      directory += number(0, 10) + number(bytes.count, 4) + Array(file.name.utf8)
      bytes += number(0x0403_4B50, 4) + number(20, 2) + number(0, 2) + common
      bytes += Array(file.name.utf8) + packed
    }
    let end =
      number(0x0605_4B50, 4) + number(0, 4) + number(files.count, 2) + number(files.count, 2)
      + number(directory.count, 4) + number(bytes.count, 4) + number(0, 2)
    return Data(bytes + directory + end)
  }

  private func number(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
  }

  private func deflated(_ bytes: [UInt8]) -> [UInt8] {
    stride(from: 0, to: max(bytes.count, 1), by: 60_000).flatMap { start in
      let block = bytes[start..<min(start + 60_000, bytes.count)]
      let size = number(block.count, 2)
      return [start + block.count == bytes.count ? 1 : 0] + size + size.map { ~$0 } + block
    }
  }

  private func checksum(_ bytes: [UInt8]) -> Int {
    var sum: UInt32 = .max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return Int(~sum)
  }
}
