/// Eight coordinates of a lattice point, those beyond the first d being 0.
///
/// A point of the lattice has d + 1 coordinates whose sum is 0; the last one is left out.
typealias LatticeKey = SIMD8<Int16>

/// The simplex of the permutohedral lattice around a point, and the point's place in it.
///
/// Adams, Baek, Davis, *Fast High-Dimensional Filtering Using the Permutohedral Lattice*,
/// Eurographics 2010, section 3. Every simplex is a shifted copy of one with corners of remainder 0
/// … d, its coordinates put into another order.
struct LatticeSimplex: Equatable {
  /// The corner whose coordinates are multiples of d + 1.
  var origin = LatticeKey.zero
  /// Place of each coordinate in the descending order of the point's differences from `origin`,
  /// from 0.
  var order = LatticeKey.zero

  /// The corner of a remainder: `origin` with `remainder` added to every coordinate, and d + 1
  /// taken from the last ones of the order, so that the sum stays 0.
  @inline(__always)
  func corner(_ remainder: Int, dimensions: Int, used: SIMDMask<SIMD8<Int16>>) -> LatticeKey {
    let shift = LatticeKey(repeating: Int16(truncatingIfNeeded: remainder))
    let last = order .> LatticeKey(repeating: Int16(truncatingIfNeeded: dimensions - remainder))
    let wrapped = shift &- LatticeKey(repeating: Int16(truncatingIfNeeded: dimensions + 1))
    return (origin &+ shift.replacing(with: wrapped, where: last)).replacing(with: 0, where: .!used)
  }
}

/// Puts points of d dimensions onto the plane of the lattice and finds their simplices.
struct LatticeEmbedding {
  /// d.
  let dimensions: Int
  /// Which of eight coordinates keys use: the first d.
  let used: SIMDMask<SIMD8<Int16>>
  /// What each feature is multiplied by, before its axis is laid onto the plane.
  private let scales: SIMD8<Float>
  /// The largest feature that certainly has a key.
  let limit: Float

  /// The largest d.
  static let mostDimensions = 7
  /// Coordinates are not larger, so that corners and their neighbours fit into 16 bits.
  private static let mostCoordinate: Float = 32_000

  /// Prepares the embedding of `dimensions` dimensions, 1 … 7.
  init(dimensions: Int) {
    precondition((1...Self.mostDimensions).contains(dimensions), "\(dimensions) dimensions")
    self.dimensions = dimensions
    let lanes = LatticeKey(0, 1, 2, 3, 4, 5, 6, 7)
    let isUsed = lanes .< LatticeKey(repeating: Int16(dimensions))
    used = isUsed
    // The blur along d + 1 directions has the variance ½ (d + 1)² in each dimension, linear
    // interpolation on the way in and on the way out (d + 1)² / 12 each on average: ⅔ (d + 1)²
    // altogether, which is to be 1.
    let unit = Float(dimensions + 1) * Float(2.0 / 3).squareRoot()
    var scales = SIMD8<Float>.zero
    for i in 0..<dimensions { scales[i] = unit / Float((i + 1) * (i + 2)).squareRoot() }
    self.scales = scales
    // Coordinates are at most the length of the embedded point, which is `unit` times that of the
    // features.
    limit = Self.mostCoordinate / (unit * Float(dimensions).squareRoot())
  }

  /// The simplex around a point, and the point's barycentric coordinates.
  /// - Parameters:
  ///   - features: the first feature of the point; finite, none larger than `limit`.
  ///   - stride: from one feature to the next.
  ///   - weights: receives the share of each corner, [d + 1], by remainder; their sum is 1.
  /// - Returns: the simplex.
  @inline(__always)
  func simplex(
    around features: UnsafePointer<Float>, stride: Int, weights: UnsafeMutablePointer<Float>
  ) -> LatticeSimplex {
    let d = dimensions
    let place = embedded(features, stride)
    // Adding 1.5 · 2²³ rounds to the nearest integer and leaves it in the low bits.
    let shift = SIMD8<Float>(repeating: 12_582_912)
    let shifted = place * (1 / Float(d + 1)) + shift
    var whole =
      unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- unsafeBitCast(shift, to: SIMD8<Int32>.self)
    let near = (shifted - shift) * Float(d + 1)
    var order = descendingOrder(place - near)
    // The nearest multiples of d + 1 may not add up to 0; then those that lost most by rounding
    // move on by one.
    let surplus = Int32(truncatingIfNeeded: (0...d).reduce(0) { $0 + Int(whole[$1]) })
    let size = Int32(d + 1)
    if surplus > 0 {
      let moved = order .>= SIMD8(repeating: size - surplus)
      whole.replace(with: whole &- 1, where: moved)
      order.replace(with: order &- size, where: moved)
    } else if surplus < 0 {
      let moved = order .< SIMD8(repeating: -surplus)
      whole.replace(with: whole &+ 1, where: moved)
      order.replace(with: order &+ size, where: moved)
    }
    order = order &+ surplus
    var sorted = SIMD8<Float>.zero
    for i in 0...d {
      sorted[Int(order[i])] = place[i] - Float(whole[i] &* size)
    }
    let share = 1 / Float(d + 1)
    weights[0] = 1 - (sorted[0] - sorted[d]) * share
    for k in 1...d { weights[k] = (sorted[d - k] - sorted[d - k + 1]) * share }
    return LatticeSimplex(
      origin: LatticeKey(truncatingIfNeeded: whole &* size),
      order: LatticeKey(truncatingIfNeeded: order))
  }

  /// Adds the gradients of a point's features to those of its barycentric coordinates.
  ///
  /// With t the differences from the origin in descending order, the coordinates are
  /// (t_{d−k} − t_{d−k+1}) / (d + 1), and 1 − (t₀ − t_d) / (d + 1) for k = 0.
  /// - Parameters:
  ///   - features: the first feature of the point.
  ///   - stride: from one feature to the next.
  ///   - weightGradients: [d + 1], by remainder.
  ///   - gradients: the first feature's gradient, `stride` apart as well.
  func addGradient(
    at features: UnsafePointer<Float>, stride: Int, weightGradients: UnsafePointer<Float>,
    into gradients: UnsafeMutablePointer<Float>
  ) {
    let d = dimensions
    let simplex = withUnsafeTemporaryAllocation(of: Float.self, capacity: d + 1) { weights in
      self.simplex(
        around: features, stride: stride, weights: weights.baseAddress.unsafelyUnwrapped)
    }
    var sorted = SIMD8<Float>.zero
    sorted[0] = -weightGradients[0]
    sorted[d] = weightGradients[0]
    for k in 1...d {
      sorted[d - k] += weightGradients[k]
      sorted[d - k + 1] -= weightGradients[k]
    }
    // What `embedded` does, transposed.
    var sum: Float = 0
    for i in 0..<d {
      sum += sorted[Int(simplex.order[i])]
      let next = sorted[Int(simplex.order[i + 1])]
      gradients[i * stride] += scales[i] / Float(d + 1) * (sum - Float(i + 1) * next)
    }
  }

  /// The point on the plane Σ y = 0 of d + 1 dimensions, scaled.
  ///
  /// The i-th axis of the features becomes (1, …, 1, −(i + 1), 0, …), with i + 1 ones, over its
  /// length.
  @inline(__always)
  private func embedded(_ features: UnsafePointer<Float>, _ stride: Int) -> SIMD8<Float> {
    var place = SIMD8<Float>.zero
    var sum: Float = 0
    var i = dimensions - 1
    while i >= 0 {
      let value = features[i * stride] * scales[i]
      place[i + 1] = sum - Float(i + 1) * value
      sum += value
      i -= 1
    }
    place[0] = sum
    return place
  }

  /// How many of the first d + 1 numbers come before each: larger ones, and equal ones of a lower
  /// index.
  @inline(__always)
  private func descendingOrder(_ numbers: SIMD8<Float>) -> SIMD8<Int32> {
    let lanes = SIMD8<Int32>(0, 1, 2, 3, 4, 5, 6, 7)
    var order = SIMD8<Int32>.zero
    for other in 0...dimensions {
      let value = SIMD8<Float>(repeating: numbers[other])
      let before =
        (value .> numbers) .| ((value .== numbers) .& (lanes .> SIMD8(repeating: Int32(other))))
      order.replace(with: order &+ 1, where: before)
    }
    return order
  }
}
