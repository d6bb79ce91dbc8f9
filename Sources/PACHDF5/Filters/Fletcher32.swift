/// The checksum at the end of a chunk: Fletcher's sums of 16-bit words, the high byte first.
enum Fletcher32 {
  /// The bytes without their checksum; nil if it does not match.
  static func verified(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= 4 else { return nil }
    let data = bytes.prefix(bytes.count - 4)
    let stored = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let found = sum(of: data)
    // Libraries before 1.6.3 stored the bytes of each half in the other order.
    let swapped = (found & 0x00FF_00FF) << 8 | (found & 0xFF00_FF00) >> 8
    return stored == found || stored == swapped ? Array(data) : nil
  }

  private static func sum(of data: ArraySlice<UInt8>) -> UInt32 {
    data.withUnsafeBufferPointer { data in
      var (first, second) = (UInt32(0), UInt32(0))
      var next = 0
      while next + 1 < data.count {
        // 360 words keep both sums below 2³².
        let end = min(next + 720, data.count & ~1)
        while next < end {
          first += UInt32(data[next]) << 8 | UInt32(data[next + 1])
          second &+= first
          next += 2
        }
        first = first & 0xFFFF + first >> 16
        second = second & 0xFFFF + second >> 16
      }
      if next < data.count {
        first += UInt32(data[next]) << 8
        second += first
        first = first & 0xFFFF + first >> 16
        second = second & 0xFFFF + second >> 16
      }
      first = first & 0xFFFF + first >> 16
      second = second & 0xFFFF + second >> 16
      return second << 16 | first
    }
  }
}
