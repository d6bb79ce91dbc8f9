import PACFiles

/// Decompresses the zlib streams of one file.
struct Decompression {
  /// How many bytes all streams together may still give.
  private var allowance: Int

  /// Starts with what the file's size allows.
  init(fileSize: Int) { allowance = ReadingLimit(fileSize: fileSize).bytes }

  /// Decompresses a stream.
  /// - Throws: `MATLABFault` if the bytes are damaged, or more than `ReadingLimit` allows.
  mutating func bytes(of compressed: ArraySlice<UInt8>) throws(MATLABFault) -> [UInt8] {
    struct TooLong: Error {}
    let most = allowance
    var output: [UInt8] = []
    let progress: Inflation.Progress
    do {
      progress = try compressed.withUnsafeBytes { input in
        try Inflation(.zlib).inflate(input) { piece in
          guard output.count + piece.count <= most else { throw TooLong() }
          output += piece
        }
      }
    } catch {
      throw MATLABFault(
        "compressed data of more than \(most >> 20) MiB; if you trust the file, raise "
          + ReadingLimit.variable)
    }
    guard progress == .finished else { throw MATLABFault("compressed data are damaged") }
    allowance -= output.count
    return output
  }
}
