/// The Gaussian filter over all pairs of pixels, v′ᵢ = Σⱼ exp(−½ ‖fᵢ − fⱼ‖²) vⱼ, approximated in
/// time linear in the pixels.
///
/// Adams, Baek, Davis, *Fast High-Dimensional Filtering Using the Permutohedral Lattice*,
/// Eurographics 2010. The features of d dimensions lie among the points of a lattice; every pixel
/// has a share in the d + 1 corners of the simplex it lies in. The filter is K ≈ c · S B Sᵀ: Sᵀ
/// adds the pixels to the corners (splat), B blurs by ¼ ½ ¼ along each of the d + 1 directions of
/// the lattice, S reads the corners at the pixels (slice). Lattice points without a pixel in an
/// adjoining simplex count as 0, so that in many dimensions, where few points are in use, sums come
/// out too small; a division by K1, see `normalize`, mends most of that.
///
/// The order of every sum is given by the pixels alone: the result is the same, bit for bit, for
/// any number of threads.
struct PermutohedralLattice: Sendable {
  /// d, the number of features.
  let dimensions: Int
  /// The number of pixels.
  let pixels: Int
  /// The number of lattice points in use.
  let points: Int
  /// The corners of each pixel's simplex, [pixels, d + 1].
  let corners: [Int32]
  /// The pixels' shares in their corners, [pixels, d + 1]: S.
  private(set) var shares: [Float]
  /// The pixels that have a share in each point, point by point: Sᵀ by rows.
  let members: [Int32]
  /// Their shares times c.
  private(set) var memberShares: [Float]
  /// Where the members of each point begin, [points + 1].
  let firstMembers: [Int32]
  /// The points before and after each point in each direction, [d + 1, points, 2]; `points` for
  /// none.
  let neighbours: [Int32]

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
    precondition(pixels > 0 && pixels < 1 << 28, "\(pixels) pixels")
    self.dimensions = dimensions
    self.pixels = pixels
    let embedding = LatticeEmbedding(dimensions: dimensions)
    for i in 0..<dimensions * pixels where !(abs(features[i]) <= embedding.limit) { return nil }
    let (simplices, shares) = Self.simplices(of: features, pixels, embedding)
    let (table, corners) = Self.numberCorners(simplices, embedding)
    self.shares = shares
    self.corners = corners
    points = table.keys.count
    neighbours = Self.neighbours(in: table, embedding)
    firstMembers = Self.firstMembers(corners, points: points)
    let entries = Self.transposed(
      corners, shares, firstMembers, width: dimensions + 1,
      scale: Self.scale(dimensions: dimensions))
    members = entries.pixels
    memberShares = entries.shares
  }

  /// Makes the filter D^(−½) K D^(−½) with D = K1, the diagonal matrix of K's sums; to be called
  /// once.
  mutating func normalize() {
    let ones = [Float](repeating: 1, count: pixels)
    let factors = [Float](unsafeUninitializedCapacity: pixels) { sums, count in
      count = pixels
      ones.withUnsafeBufferPointer { ones in
        guard let ones = ones.baseAddress, let sums = sums.baseAddress else { return }
        filter(input: ones, channels: 1, output: sums)
        for i in 0..<pixels { sums[i] = 1 / max(sums[i], 1e-20).squareRoot() }
      }
    }
    let width = dimensions + 1
    for pixel in 0..<pixels {
      for entry in pixel * width..<(pixel + 1) * width { shares[entry] *= factors[pixel] }
    }
    for entry in memberShares.indices { memberShares[entry] *= factors[Int(members[entry])] }
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
}

// MARK: - Building

extension PermutohedralLattice {
  private static func simplices(
    of features: UnsafePointer<Float>, _ pixels: Int, _ embedding: LatticeEmbedding
  ) -> ([LatticeSimplex], [Float]) {
    let width = embedding.dimensions + 1
    var simplices = [LatticeSimplex](repeating: LatticeSimplex(), count: pixels)
    var shares = [Float](repeating: 0, count: pixels * width)
    simplices.withUnsafeMutableBufferPointer { simplices in
      shares.withUnsafeMutableBufferPointer { shares in
        guard let simplices = simplices.baseAddress, let shares = shares.baseAddress else { return }
        forEachBlock(pixels) { range in
          for pixel in range {
            simplices[pixel] = embedding.simplex(
              around: features + pixel, stride: pixels, weights: shares + pixel * width)
          }
        }
      }
    }
    return (simplices, shares)
  }

  /// Gives every corner in use a number, in the order of the pixels.
  private static func numberCorners(
    _ simplices: [LatticeSimplex], _ embedding: LatticeEmbedding
  ) -> (LatticeTable, [Int32]) {
    let (d, used) = (embedding.dimensions, embedding.used)
    let width = d + 1
    var table = LatticeTable()
    let corners = [Int32](unsafeUninitializedCapacity: simplices.count * width) { corners, count in
      count = simplices.count * width
      for (pixel, simplex) in simplices.enumerated() {
        let first = pixel * width
        if pixel > 0, simplex == simplices[pixel - 1] {
          for k in 0..<width { corners[first + k] = corners[first - width + k] }
        } else {
          for k in 0..<width {
            corners[first + k] = table.number(of: simplex.corner(k, dimensions: d, used: used))
          }
        }
      }
    }
    return (table, corners)
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

  private static func firstMembers(_ corners: [Int32], points: Int) -> [Int32] {
    var first = [Int32](repeating: 0, count: points + 1)
    for corner in corners { first[Int(corner) + 1] += 1 }
    for point in 0..<points { first[point + 1] += first[point] }
    return first
  }

  /// Pixels and shares point by point, each point's in the order of the pixels.
  private static func transposed(
    _ corners: [Int32], _ shares: [Float], _ firstMembers: [Int32], width: Int, scale: Float
  ) -> (pixels: [Int32], shares: [Float]) {
    var next = firstMembers
    var pixels = [Int32](repeating: 0, count: corners.count)
    let scaled = [Float](unsafeUninitializedCapacity: corners.count) { scaled, count in
      count = corners.count
      for (entry, corner) in corners.enumerated() {
        let place = Int(next[Int(corner)])
        next[Int(corner)] += 1
        pixels[place] = Int32(truncatingIfNeeded: entry / width)
        scaled[place] = scale * shares[entry]
      }
    }
    return (pixels, scaled)
  }

  /// Calls `body` with pieces of 0 ..< count on all threads.
  static func forEachBlock(_ count: Int, size: Int = 256, _ body: (Range<Int>) -> Void) {
    parallelFor((count + size - 1) / size) { block in
      body(block * size..<min((block + 1) * size, count))
    }
  }
}
