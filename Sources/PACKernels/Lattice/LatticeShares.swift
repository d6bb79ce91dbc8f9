/// S: the shares of pixels in the points of a permutohedral lattice, [pixels, points].
///
/// The features of d dimensions lie among the points of the lattice; every pixel has a share in the
/// d + 1 corners of the simplex it lies in, and its shares add up to 1. Only points in which a pixel
/// has a share are stored. Sᵀ is `splat`, S is `slice`.
///
/// The order of every sum is given by the pixels alone: results are the same, bit for bit, for any
/// number of threads.
struct LatticeShares: Sendable {
  /// d, the number of features.
  let dimensions: Int
  /// The number of pixels.
  let pixels: Int
  /// The number of lattice points in use.
  let points: Int
  /// The corners of each pixel's simplex, [pixels, d + 1].
  let corners: [Int32]
  /// The pixels' shares in their corners, [pixels, d + 1]: S.
  let shares: [Float]
  /// The pixels that have a share in each point, point by point: Sᵀ by rows.
  let members: [Int32]
  /// Their shares.
  let memberShares: [Float]
  /// Where the members of each point begin, [points + 1].
  let firstMembers: [Int32]

  /// Finds the simplices of an image's features; nil if a feature is not finite or larger than
  /// `LatticeEmbedding.limit` in size.
  /// - Parameters:
  ///   - features: [dimensions, pixels].
  ///   - dimensions: d, 1 to `LatticeEmbedding.mostDimensions`.
  ///   - pixels: how many, less than 2²⁸.
  ///   - table: an empty table, which receives the points' keys.
  init?(
    features: UnsafePointer<Float>, dimensions: Int, pixels: Int, table: inout LatticeTable
  ) {
    precondition(pixels > 0 && pixels < 1 << 28, "\(pixels) pixels")
    self.dimensions = dimensions
    self.pixels = pixels
    let embedding = LatticeEmbedding(dimensions: dimensions)
    for i in 0..<dimensions * pixels where !(abs(features[i]) <= embedding.limit) { return nil }
    let (simplices, shares) = Self.simplices(of: features, pixels, embedding)
    self.shares = shares
    corners = Self.numberCorners(simplices, embedding, &table)
    points = table.keys.count
    firstMembers = Self.firstMembers(corners, points: points)
    (members, memberShares) = Self.transposed(
      corners, shares, firstMembers, width: dimensions + 1)
  }

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
    _ simplices: [LatticeSimplex], _ embedding: LatticeEmbedding, _ table: inout LatticeTable
  ) -> [Int32] {
    let (d, used) = (embedding.dimensions, embedding.used)
    let width = d + 1
    return [Int32](unsafeUninitializedCapacity: simplices.count * width) { corners, count in
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
  }

  private static func firstMembers(_ corners: [Int32], points: Int) -> [Int32] {
    var first = [Int32](repeating: 0, count: points + 1)
    for corner in corners { first[Int(corner) + 1] += 1 }
    for point in 0..<points { first[point + 1] += first[point] }
    return first
  }

  /// Pixels and shares point by point, each point's in the order of the pixels.
  private static func transposed(
    _ corners: [Int32], _ shares: [Float], _ firstMembers: [Int32], width: Int
  ) -> (pixels: [Int32], shares: [Float]) {
    var next = firstMembers
    var pixels = [Int32](repeating: 0, count: corners.count)
    let sorted = [Float](unsafeUninitializedCapacity: corners.count) { sorted, count in
      count = corners.count
      for (entry, corner) in corners.enumerated() {
        let place = Int(next[Int(corner)])
        next[Int(corner)] += 1
        pixels[place] = Int32(truncatingIfNeeded: entry / width)
        sorted[place] = shares[entry]
      }
    }
    return (pixels, sorted)
  }
}

/// Calls `body` with pieces of 0 ..< count on all threads.
func forEachBlock(_ count: Int, size: Int = 256, _ body: (Range<Int>) -> Void) {
  parallelFor((count + size - 1) / size) { block in
    body(block * size..<min((block + 1) * size, count))
  }
}
