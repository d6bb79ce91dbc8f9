import PACFiles

/// Decompresses a zlib stream.
/// - Throws: `MATLABFault` if the bytes are damaged, or decompress to more than 2²⁸ bytes.
func decompressed(_ compressed: ArraySlice<UInt8>) throws(MATLABFault) -> [UInt8] {
  struct TooLong: Error {}
  var output: [UInt8] = []
  let progress = try? compressed.withUnsafeBytes { input in
    try Inflation(.zlib).inflate(input) { piece in
      output += piece
      if output.count > 1 << 28 { throw TooLong() }
    }
  }
  guard progress == .finished else { throw MATLABFault("compressed data are damaged") }
  return output
}
