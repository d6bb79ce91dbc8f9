import CZlib

/// Owns zlib's state for one deflated stream.
final class Inflation {
  /// Deflate cannot shrink anything by more than this factor (zlib's documentation, "Maximum Compression Factor").
  static let largestFactor = 1032

  private let stream: UnsafeMutablePointer<z_stream>

  /// Begins a stream without a header, as zip files hold it.
  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = inflateInit2_(
      stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib refuses to start: \(status)")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// What decompressing a piece came to.
  enum Progress {
    case more
    case finished
    case damaged
  }

  /// Decompresses `input`, handing out pieces of the result.
  func inflate(
    _ input: UnsafeMutableRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Progress {
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { output.deallocate() }
    stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = uInt(input.count)
    while true {
      stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = uInt(output.count)
      let status = CZlib.inflate(stream, Z_NO_FLUSH)
      let made = output.count - Int(stream.pointee.avail_out)
      if made > 0 { try body(UnsafeRawBufferPointer(rebasing: output[..<made])) }
      switch status {
      case Z_STREAM_END: return .finished
      case Z_OK where stream.pointee.avail_out == 0: continue
      case Z_OK, Z_BUF_ERROR: return .more
      default: return .damaged
      }
    }
  }
}
