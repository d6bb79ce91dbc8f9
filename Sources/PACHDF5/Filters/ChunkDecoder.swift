import CPACZlib

/// Undoes the filters of stored chunks: deflate or LZF, shuffle and Fletcher-32.
///
/// The library does so, too, but lets a few bytes of deflate grow without limit. Here a chunk is
/// exactly as large as its shape says, or damaged. Other threads may decode at the same time.
struct ChunkDecoder: Sendable {
  private let filters: [HDF5Filter]
  /// The size of a decoded chunk.
  let byteCount: Int

  /// Decodes chunks of `byteCount` bytes; nil if that takes a filter of the library, or filters in
  /// an order with unknown sizes in between.
  init?(_ filters: [HDF5Filter], byteCount: Int) {
    let known = [
      HDF5Filter.deflate, HDF5Filter.lzf, HDF5Filter.shuffle, HDF5Filter.fletcher32,
    ]
    let compressions = filters.filter { [HDF5Filter.deflate, HDF5Filter.lzf].contains($0.id) }
    guard !filters.isEmpty, filters.allSatisfy({ known.contains($0.id) }), compressions.count < 2,
      !filters.dropLast().contains(where: { $0.id == HDF5Filter.fletcher32 })
    else { return nil }
    self.filters = filters
    self.byteCount = byteCount
  }

  /// Decodes a chunk.
  /// - Parameters:
  ///   - stored: the bytes in the file.
  ///   - mask: its bit i is set if filter i was not applied.
  /// - Returns: `byteCount` bytes; nil if the chunk is damaged.
  func decode(_ stored: [UInt8], without mask: UInt32) -> [UInt8]? {
    var bytes = stored
    for (index, filter) in filters.enumerated().reversed() where mask >> index & 1 == 0 {
      let decoded =
        switch filter.id {
        case HDF5Filter.deflate: inflated(bytes)
        case HDF5Filter.lzf: decompressed(bytes)
        case HDF5Filter.shuffle: unshuffled(bytes, elementBytes: Int(filter.values.first ?? 0))
        default: Fletcher32.verified(bytes)
        }
      guard let decoded else { return nil }
      bytes = decoded
    }
    return bytes.count == byteCount ? bytes : nil
  }

  private func inflated(_ bytes: [UInt8]) -> [UInt8]? {
    filled { buffer in
      var length = uLongf(buffer.count)
      let status = uncompress(
        buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), &length, bytes, uLong(bytes.count))
      return status == Z_OK ? Int(length) : nil
    }
  }

  private func decompressed(_ bytes: [UInt8]) -> [UInt8]? {
    filled { buffer in bytes.withUnsafeBytes { LZF.decompress($0, into: buffer) } }
  }

  /// At most `byteCount` bytes, as many as `body` says it has written.
  private func filled(_ body: (UnsafeMutableRawBufferPointer) -> Int?) -> [UInt8]? {
    var isDamaged = false
    let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      let room = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: byteCount)
      guard let written = body(room) else {
        isDamaged = true
        return
      }
      count = written
    }
    return isDamaged ? nil : bytes
  }

  /// Puts together the bytes of elements that were stored as all first bytes, all second bytes, ….
  ///
  /// Bytes beyond the last whole element stay at the end.
  private func unshuffled(_ bytes: [UInt8], elementBytes: Int) -> [UInt8]? {
    guard elementBytes > 0 else { return nil }
    let count = bytes.count / elementBytes
    guard elementBytes > 1, count > 1 else { return bytes }
    return [UInt8](unsafeUninitializedCapacity: bytes.count) { result, initialized in
      bytes.withUnsafeBufferPointer { bytes in
        if elementBytes == 4 {
          join(bytes, count, into: UnsafeMutableRawBufferPointer(result))
        } else {
          for part in 0..<elementBytes {
            let start = part * count
            for i in 0..<count { result[i * elementBytes + part] = bytes[start + i] }
          }
        }
        for i in count * elementBytes..<bytes.count { result[i] = bytes[i] }
      }
      initialized = bytes.count
    }
  }

  /// The same for elements of four bytes, the common case, which becomes vector instructions.
  private func join(
    _ bytes: UnsafeBufferPointer<UInt8>, _ count: Int, into result: UnsafeMutableRawBufferPointer
  ) {
    guard let first = bytes.baseAddress, let target = result.baseAddress else { return }
    let (second, third, fourth) = (first + count, first + 2 * count, first + 3 * count)
    for i in 0..<count {
      let low = UInt32(first[i]) | UInt32(second[i]) << 8
      let high = UInt32(third[i]) << 16 | UInt32(fourth[i]) << 24
      target.storeBytes(of: (low | high).littleEndian, toByteOffset: 4 &* i, as: UInt32.self)
    }
  }
}
