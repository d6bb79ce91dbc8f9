import CZlib

/// Writes a zip archive of stored entries, each beginning at a multiple of 64 bytes as PyTorch's do, so that they can
/// be mapped into memory.
///
/// Archives of more than 4 GiB or 65 534 entries, which would need zip64, are refused.
final class ZipWriter {
  private let sink: FileSink
  private let path: String
  private var directory: [UInt8] = []
  private var entryCount = 0

  private static let alignment = 64

  init(_ path: String) throws {
    self.path = path
    sink = try FileSink(path)
  }

  func add(_ name: String, _ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try add(name, $0) }
  }

  func add(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
    let end = sink.count + bytes.count + directory.count + 4 * (name.utf8.count + 256)
    guard end < Int(UInt32.max), entryCount < Int(UInt16.max) - 1 else {
      throw WeightFileError(
        path, "the weights are too large for a zip archive", advice: "write a .safetensors file")
    }
    let sum = crc32_z(
      crc32_z(0, nil, 0), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
      z_size_t(bytes.count))
    // Sizes, checksum and name stand in both headers alike.
    var common: [UInt8] = []
    for number: UInt16 in [20, 0, 0, 0, Self.firstDay] { common.append(number: number) }
    common.append(number: UInt32(truncatingIfNeeded: sum))
    common.append(number: UInt32(bytes.count))
    common.append(number: UInt32(bytes.count))
    common.append(number: UInt16(name.utf8.count))
    let start = sink.count
    let headerCount = 30 + name.utf8.count
    // An extra field needs four bytes of its own.
    let padding = (2 * Self.alignment - (start + headerCount + 4) % Self.alignment) % Self.alignment
    var header: [UInt8] = [0x50, 0x4B, 3, 4] + common
    header.append(number: UInt16(padding + 4))
    header += Array(name.utf8)
    header += [UInt8(ascii: "F"), UInt8(ascii: "B")]
    header.append(number: UInt16(padding))
    header += [UInt8](repeating: 0, count: padding)
    try sink.write(header)
    try sink.write(bytes)

    directory += [0x50, 0x4B, 1, 2, 20, 0] + common
    directory += [UInt8](repeating: 0, count: 12)
    directory.append(number: UInt32(start))
    directory += Array(name.utf8)
    entryCount += 1
  }

  /// Writes the directory; nothing can be added after it.
  func finish() throws {
    var end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
    end.append(number: UInt16(entryCount))
    end.append(number: UInt16(entryCount))
    end.append(number: UInt32(directory.count))
    end.append(number: UInt32(sink.count))
    end.append(number: UInt16(0))
    try sink.write(directory + end)
  }

  /// 1 January 1980: the same weights give the same file whenever they are written.
  private static let firstDay: UInt16 = 0x21
}
