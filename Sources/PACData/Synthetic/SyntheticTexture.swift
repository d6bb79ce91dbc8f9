/// A pattern of two colours over a surface.
struct SyntheticTexture {
  enum Pattern: CaseIterable {
    case noise
    case stripes
    case checks
    case dots
  }

  var pattern: Pattern
  /// The size of one element of the pattern in metres.
  var period: Double
  /// The direction in which the pattern runs, of length 1.
  var axis: SIMD2<Double>
  /// Red, green and blue in [0, 1].
  var first: Vector
  var second: Vector
  /// Chooses the noise.
  var seed: UInt32

  /// Red, green and blue at surface coordinates in metres.
  func colour(u: Double, v: Double) -> Vector {
    let a = (axis.x * u + axis.y * v) / period
    let b = (axis.x * v - axis.y * u) / period
    // A fine grain on everything, since no real surface has a single colour.
    let grain = 0.94 + 0.12 * valueNoise(a * 5, b * 5, seed &+ 7)
    return (first + (second - first) * share(a, b)) * grain
  }

  /// The second colour's share, 0 to 1.
  private func share(_ a: Double, _ b: Double) -> Double {
    switch pattern {
    case .noise:
      let noise =
        0.6 * valueNoise(a, b, seed) + 0.3 * valueNoise(2 * a, 2 * b, seed &+ 1)
        + 0.1 * valueNoise(4 * a, 4 * b, seed &+ 2)
      return max(0, min(1, 2.2 * noise - 0.6))
    case .stripes:
      let bent = a + 0.35 * valueNoise(a, 0.4 * b, seed)
      return bent - bent.rounded(.down) < 0.5 ? 0 : 1
    case .checks:
      return (Int(a.rounded(.down)) + Int(b.rounded(.down))) & 1 == 0 ? 0 : 1
    case .dots:
      let x = a - a.rounded(.down) - 0.5
      let y = b - b.rounded(.down) - 0.5
      return x * x + y * y < 0.1 ? 1 : 0
    }
  }
}

/// Smooth noise in [0, 1] with one random value for each integer point, interpolated between them.
private func valueNoise(_ x: Double, _ y: Double, _ seed: UInt32) -> Double {
  let (left, top) = (x.rounded(.down), y.rounded(.down))
  let (column, row) = (Int32(left), Int32(top))
  let (s, t) = (smooth(x - left), smooth(y - top))
  let upper =
    (1 - s) * latticeValue(column, row, seed) + s * latticeValue(column &+ 1, row, seed)
  let lower =
    (1 - s) * latticeValue(column, row &+ 1, seed)
    + s * latticeValue(column &+ 1, row &+ 1, seed)
  return (1 - t) * upper + t * lower
}

private func smooth(_ t: Double) -> Double { t * t * (3 - 2 * t) }

/// A pseudorandom value in [0, 1): the coordinates mixed by the finalizer of MurmurHash3.
private func latticeValue(_ x: Int32, _ y: Int32, _ seed: UInt32) -> Double {
  var h =
    UInt32(bitPattern: x) &* 0x9E37_79B1 ^ UInt32(bitPattern: y) &* 0x85EB_CA77 ^ seed
  h ^= h >> 16
  h = h &* 0x85EB_CA6B
  h ^= h >> 13
  h = h &* 0xC2B2_AE35
  h ^= h >> 16
  return Double(h) * 0x1p-32
}
