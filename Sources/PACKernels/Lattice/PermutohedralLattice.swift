/// The Gaussian filter over all pairs of pixels, v′ᵢ = Σⱼ exp(−½ ‖fᵢ − fⱼ‖²) vⱼ, approximated in
/// time linear in the pixels.
///
/// Adams, Baek, Davis, *Fast High-Dimensional Filtering Using the Permutohedral Lattice*,
/// Eurographics 2010. The filter is K ≈ c · S B Sᵀ: Sᵀ adds the pixels to the corners of their
/// simplices (splat), B blurs by ¼ ½ ¼ along each of the d + 1 directions of the lattice, S reads
/// the corners at the pixels (slice); see `LatticeShares`. Lattice points without a pixel in an
/// adjoining simplex count as 0, so that in many dimensions, where few points are in use, sums come
/// out too small; a division by K1, see `normalize`, mends most of that.
///
/// The order of every sum is given by the pixels alone: the result is the same, bit for bit, for
/// any number of threads.
struct PermutohedralLattice: Sendable {
  /// S.
  let shares: LatticeShares
  /// What the pixels are multiplied by before Sᵀ and after S, [pixels]; √c, until `normalize` is
  /// called.
  private(set) var factors: [Float]
  /// The points before and after each point in each direction, [d + 1, points, 2]; `points` for
  /// none.
  let neighbours: [Int32]

  /// d, the number of features.
  var dimensions: Int { shares.dimensions }
  /// The number of pixels.
  var pixels: Int { shares.pixels }
  /// The number of lattice points in use.
  var points: Int { shares.points }

  /// The largest number of features.
  static var mostDimensions: Int { LatticeEmbedding.mostDimensions }

  /// The largest absolute value that features may have.
  static func largestFeature(dimensions: Int) -> Float {
    LatticeEmbedding(dimensions: dimensions).limit
  }

  /// Builds the lattice of an image's features; nil if one is not finite or larger than
  /// `largestFeature` in size.
  /// - Parameters:
  ///   - features: [dimensions, pixels].
  ///   - dimensions: d, 1 to `mostDimensions`.
  ///   - pixels: how many, less than 2²⁸.
  init?(features: UnsafePointer<Float>, dimensions: Int, pixels: Int) {
    var table = LatticeTable()
    guard
      let shares = LatticeShares(
        features: features, dimensions: dimensions, pixels: pixels, table: &table)
    else { return nil }
    self.shares = shares
    neighbours = Self.neighbours(in: table, LatticeEmbedding(dimensions: dimensions))
    factors = [Float](
      repeating: Self.scale(dimensions: dimensions).squareRoot(), count: pixels)
  }

  /// Makes the filter D^(−½) K D^(−½) with D = K1, the diagonal matrix of K's sums; to be called
  /// once.
  mutating func normalize() {
    let ones = [Float](repeating: 1, count: pixels)
    let roots = [Float](unsafeUninitializedCapacity: pixels) { sums, count in
      count = pixels
      ones.withUnsafeBufferPointer { ones in
        guard let ones = ones.baseAddress, let sums = sums.baseAddress else { return }
        filter(input: ones, channels: 1, output: sums)
        for i in 0..<pixels { sums[i] = 1 / max(sums[i], 1e-20).squareRoot() }
      }
    }
    for pixel in 0..<pixels { factors[pixel] *= roots[pixel] }
  }

  /// c, which makes a filter of weights whose sum is 1 on the lattice one of weights exp(−½ ‖Δf‖²)
  /// on the pixels.
  ///
  /// The Gaussian of variance s² = ⅔ (d + 1)² is (2π s²)^(−d/2) at its centre, and (d + 1)^(d − ½)
  /// of the plane belongs to a lattice point. Their product is 1 / c.
  private static func scale(dimensions: Int) -> Float {
    let perDimension = (4.0 * Double.pi / 3).squareRoot()
    return Float(
      (0..<dimensions).reduce(Double(dimensions + 1).squareRoot()) { c, _ in c * perDimension })
  }

  private static func neighbours(
    in table: LatticeTable, _ embedding: LatticeEmbedding
  ) -> [Int32] {
    let (d, points) = (embedding.dimensions, table.keys.count)
    var neighbours = [Int32](
      repeating: Int32(truncatingIfNeeded: points), count: 2 * (d + 1) * points)
    neighbours.withUnsafeMutableBufferPointer { all in
      guard let all = all.baseAddress else { return }
      parallelFor(d + 1) { direction in
        // One more in every coordinate, d fewer in one: a point of the same remainder.
        var step = LatticeKey(repeating: 1)
        if direction < d { step[direction] = Int16(-d) }
        step.replace(with: 0, where: .!embedding.used)
        let own = all + 2 * direction * points
        for (point, key) in table.keys.enumerated() {
          let next = table.find(key &+ step)
          guard next >= 0 else { continue }
          own[2 * point + 1] = next
          own[2 * Int(next)] = Int32(truncatingIfNeeded: point)
        }
      }
    }
    return neighbours
  }
}
