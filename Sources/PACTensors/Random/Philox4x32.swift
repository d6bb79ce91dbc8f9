/// Philox4x32-10: a bijection of 128-bit counters, one for each 64-bit key, whose outputs pass as
/// random.
///
/// Salmon, Moraes, Dror and Shaw, *Parallel Random Numbers: As Easy as 1, 2, 3*, SC 2011. There is
/// no state to carry along: the numbers belonging to any counter can be had at any time, in any
/// order.
enum Philox4x32 {
  /// The four random words of one counter.
  static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var block = counter
    var key = key
    for _ in 0..<10 {
      block = round(block, key)
      key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return block
  }

  private static func round(_ x: SIMD4<UInt32>, _ key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    let first = (0xD251_1F53 as UInt32).multipliedFullWidth(by: x[0])
    let second = (0xCD9E_8D57 as UInt32).multipliedFullWidth(by: x[2])
    return SIMD4(
      second.high ^ x[1] ^ key[0], second.low,
      first.high ^ x[3] ^ key[1], first.low)
  }
}
