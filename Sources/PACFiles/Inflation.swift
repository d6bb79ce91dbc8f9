import CPACZlib

/// Decompresses one deflate stream incrementally; owns zlib's state.
public final class Inflation {
  /// Deflate cannot shrink anything by more than this factor (zlib's documentation, "Maximum
  /// Compression Factor").
  public static let largestFactor = 1032

  /// The wrapper around the deflated bytes.
  public enum Wrapping: Sendable {
    /// Nothing, as in zip archives.
    case none
    /// zlib's header and checksum.
    case zlib
  }

  /// The state of the stream after a piece.
  public enum Progress: Sendable {
    /// The stream continues after the piece.
    case more
    /// The stream has ended.
    case finished
    /// The bytes are not such a stream.
    case damaged
  }

  private let stream: UnsafeMutablePointer<z_stream>

  /// Starts a stream.
  public init(_ wrapping: Wrapping) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = inflateInit2_(
      stream, wrapping == .none ? -MAX_WBITS : MAX_WBITS, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib refuses to start: \(status)")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Decompresses the next piece, and passes the result on in pieces.
  /// - Parameters:
  ///   - input: at most 4 GiB; not changed.
  ///   - body: called with each piece of at most 256 KiB; decompression continues after it returns.
  /// - Returns: the state of the stream.
  /// - Throws: what `body` throws.
  public func inflate(
    _ input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) rethrows -> Progress {
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { output.deallocate() }
    // zlib declares its input mutable but does not write to it.
    stream.pointee.next_in = UnsafeMutableRawPointer(mutating: input.baseAddress)?
      .assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = uInt(input.count)
    while true {
      stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = uInt(output.count)
      let status = CPACZlib.inflate(stream, Z_NO_FLUSH)
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
