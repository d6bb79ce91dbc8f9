import Foundation

/// The points around a point of the permutohedral lattice in which a learned filter has weights.
///
/// Jampani, Kiefel, Gehler, *Learning Sparse High Dimensional Filters: Image Filtering, Dense CRFs
/// and Bilateral Neural Networks*, CVPR 2016. The offsets are o = Σᵢ kᵢ ((d + 1) eᵢ − 1) with i in
/// 0 … d, 0 ≤ kᵢ ≤ s and a smallest kᵢ of 0, in lexicographic order of (k₀ … k_d), k₀ slowest.
/// Offset 0 is the centre, and with every offset there is its opposite.
public struct LatticeNeighborhood: Sendable {
  /// d, the number of features.
  let dimensions: Int
  /// The offsets' coordinates, the last one left out as in every `LatticeKey`.
  let offsets: [LatticeKey]
  /// The number of each offset's opposite.
  let opposites: [Int]
  /// g, the filter with which the lattice blurs as a Gaussian does.
  ///
  /// The product of blurs ½ 1 ½ along the d + 1 directions, divided by its centre:
  /// g[o] = Σ_c Πᵢ h(kᵢ − c) / (1 + 2^(−d)), h(0) = 1, h(±1) = ½, otherwise 0.
  public let gaussian: [Float]

  /// More offsets are refused: the filter of one pair of channels would be larger than an image.
  private static let mostOffsets = 65_536

  /// The number of offsets, (s + 1)^(d + 1) − s^(d + 1).
  public static func count(dimensions: Int, size: Int) -> Int {
    func power(_ base: Int) -> Int { (0...dimensions).reduce(1) { product, _ in product * base } }
    return power(size + 1) - power(size)
  }

  /// The largest s: offsets fit into the keys' 16 bits beside every point, and there are not too
  /// many.
  public static func largestSize(dimensions: Int) -> Int {
    (1...32).last { count(dimensions: dimensions, size: $0) <= mostOffsets } ?? 1
  }

  /// Lists the offsets.
  /// - Parameters:
  ///   - dimensions: d, 1 to `LatticeEmbedding.mostDimensions`.
  ///   - size: s, 0 to `largestSize`.
  public init(dimensions: Int, size: Int) {
    self.dimensions = dimensions
    let steps = Self.steps(dimensions: dimensions, size: size)
    let width = dimensions + 1
    offsets = steps.map { k in
      var offset = LatticeKey.zero
      let sum = k.reduce(0, +)
      for i in 0..<dimensions { offset[i] = Int16(width * k[i] - sum) }
      return offset
    }
    let numbers = Dictionary(uniqueKeysWithValues: zip(offsets, offsets.indices))
    opposites = offsets.map { numbers[.zero &- $0] ?? 0 }
    gaussian = steps.map { Self.gaussian($0, size: size) }
  }

  /// The numbers k of every offset.
  private static func steps(dimensions: Int, size: Int) -> [[Int]] {
    var steps: [[Int]] = []
    var k = [Int](repeating: 0, count: dimensions + 1)
    while true {
      if k.contains(0) { steps.append(k) }
      guard let last = k.lastIndex(where: { $0 < size }) else { return steps }
      k[last] += 1
      for i in last + 1..<max(k.count, last + 1) { k[i] = 0 }
    }
  }

  private static func gaussian(_ k: [Int], size: Int) -> Float {
    let sum = (-1...size + 1).reduce(0.0) { sum, centre in
      sum
        + k.reduce(1.0) { product, k in
          k == centre ? product : abs(k - centre) == 1 ? 0.5 * product : 0
        }
    }
    return Float(sum / (1 + pow(2, Double(1 - k.count))))
  }
}
