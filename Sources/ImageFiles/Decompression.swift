import CZlib

/// Decompresses what zlib has compressed.
/// - Throws: `MATLABFault` if the bytes are damaged or stand for more than 2²⁸ bytes.
func decompressed(_ compressed: ArraySlice<UInt8>) throws(MATLABFault) -> [UInt8] {
  var stream = z_stream()
  guard inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
    throw MATLABFault("zlib cannot begin")
  }
  defer { inflateEnd(&stream) }
  var input = Array(compressed)
  var output: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 1 << 18)
  var status = Z_OK
  input.withUnsafeMutableBufferPointer { input in
    stream.next_in = input.baseAddress
    stream.avail_in = UInt32(input.count)
    while status == Z_OK && output.count <= 1 << 28 {
      let count = block.withUnsafeMutableBufferPointer { buffer in
        stream.next_out = buffer.baseAddress
        stream.avail_out = UInt32(buffer.count)
        status = inflate(&stream, Z_NO_FLUSH)
        return buffer.count - Int(stream.avail_out)
      }
      output += block[..<count]
    }
  }
  guard status == Z_STREAM_END else { throw MATLABFault("compressed data are damaged") }
  return output
}
