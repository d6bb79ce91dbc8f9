import Foundation

/// A filter on the permutohedral lattice in double precision, straight from the equations
/// (docs/mathematics.md#filters-on-the-lattice), for one image.
///
/// Lattice points are kept in a dictionary by their coordinates.
struct LatticeReference {
  /// A pixel's shares in the corners of its simplex.
  typealias Shares = [(point: [Int], share: Double)]

  let dimensions: Int
  let size: Int
  var normalization = "symmetric"

  /// (k₀ … k_d) of every offset, k₀ slowest.
  var steps: [[Int]] {
    (0...dimensions).reduce([[]]) { lists, _ in
      lists.flatMap { list in (0...size).map { list + [$0] } }
    }.filter { $0.contains(0) }
  }

  /// The offsets' coordinates, d + 1 of them.
  var offsets: [[Int]] {
    steps.map { k in k.map { (dimensions + 1) * $0 - k.reduce(0, +) } }
  }

  /// g.
  var gaussian: [Double] {
    steps.map { k in
      let sum = (-1...size + 1).reduce(0.0) { sum, centre in
        sum + k.reduce(1.0) { $0 * (abs($1 - centre) > 1 ? 0 : $1 == centre ? 1 : 0.5) }
      }
      return sum / (1 + pow(2, -Double(dimensions)))
    }
  }

  /// v′ without bias.
  /// - Parameters:
  ///   - input: v, [C, pixels].
  ///   - features: [d, pixels].
  ///   - outputFeatures: [d, output pixels]; nil where they are the same.
  ///   - weight: W, [C′, C / groups, S].
  ///   - groups: groups of channels.
  /// - Returns: [C′, output pixels].
  func filtered(
    _ input: [Double], features: [Double], outputFeatures: [Double]? = nil, weight: [Double],
    groups: Int = 1
  ) -> [Double] {
    let sources = shares(features)
    let targets = outputFeatures.map(shares) ?? sources
    var before = [Double](repeating: 1, count: sources.count)
    var after = [Double](repeating: 1, count: targets.count)
    switch normalization {
    case "after": after = sums(targets, sources).map { 1 / $0 }
    case "symmetric":
      before = sums(sources, sources).map { pow($0, -0.5) }
      after = sums(targets, targets).map { pow($0, -0.5) }
    default: break
    }
    let n = sources.count
    let (taps, channels) = (offsets.count, input.count / n)
    let inputs = channels / groups
    let outputs = weight.count / (inputs * taps)
    let planes = (0..<channels).map { c in (0..<n).map { input[c * n + $0] * before[$0] } }
    return (0..<outputs).flatMap { output -> [Double] in
      let group = output / (outputs / groups)
      var sum = [Double](repeating: 0, count: targets.count)
      for c in 0..<inputs {
        let first = (output * inputs + c) * taps
        let part = convolved(
          planes[group * inputs + c], sources, targets, Array(weight[first..<first + taps]))
        for pixel in sum.indices { sum[pixel] += part[pixel] }
      }
      return zip(sum, after).map { $0 * $1 }
    }
  }

  private func sums(_ targets: [Shares], _ sources: [Shares]) -> [Double] {
    convolved([Double](repeating: 1, count: sources.count), sources, targets, gaussian)
      .map { $0 + 1e-20 }
  }

  /// S_out B_w S_inᵀ v for one plane.
  private func convolved(
    _ plane: [Double], _ sources: [Shares], _ targets: [Shares], _ weight: [Double]
  ) -> [Double] {
    var points: [[Int]: Double] = [:]
    for (value, shares) in zip(plane, sources) {
      for (point, share) in shares { points[point, default: 0] += share * value }
    }
    let offsets = offsets
    var blurred: [[Int]: Double] = [:]
    func blur(_ point: [Int]) -> Double {
      if let known = blurred[point] { return known }
      let sum = zip(offsets, weight).reduce(0.0) { sum, tap in
        sum + tap.1 * (points[zip(point, tap.0).map { $0 + $1 }] ?? 0)
      }
      blurred[point] = sum
      return sum
    }
    return targets.map { $0.reduce(0) { $0 + $1.share * blur($1.point) } }
  }

  /// The simplices of pixels' features.
  func shares(_ features: [Double]) -> [Shares] {
    let pixels = features.count / dimensions
    return (0..<pixels).map { pixel in
      shares(of: (0..<dimensions).map { features[$0 * pixels + pixel] })
    }
  }

  private func shares(of feature: [Double]) -> Shares {
    let width = dimensions + 1
    let unit = Double(width) * (2.0 / 3).squareRoot()
    var y = [Double](repeating: 0, count: width)
    for i in 0..<dimensions {
      let value = unit * feature[i] / Double((i + 1) * (i + 2)).squareRoot()
      for k in 0...i { y[k] += value }
      y[i + 1] -= Double(i + 1) * value
    }
    // Every corner of the simplex is less than d + 1 away in each coordinate: of the points near y
    // with coordinates congruent modulo d + 1, those with a positive share are its corners.
    var corners: Shares = []
    for remainder in 0..<width {
      let low = y.map { Int((($0 - Double(remainder)) / Double(width)).rounded(.down)) }
      let missing = -(low.reduce(0, +) * width + remainder * width) / width
      guard (0...width).contains(missing) else { continue }
      // The coordinates that are rounded up are those that lie highest above their multiple.
      let above = low.indices.map { y[$0] - Double(low[$0] * width + remainder) }
      let order = low.indices.sorted { above[$0] > above[$1] }
      var point = low.map { $0 * width + remainder }
      for i in order.prefix(missing) { point[i] += width }
      let t = zip(y, point).map { $0 - Double($1) }
      let share = 1 - ((t.max() ?? 0) - (t.min() ?? 0)) / Double(width)
      if share > 0 { corners.append((point, share)) }
    }
    return corners
  }

  /// The smallest share of any pixel in a corner: how far its features are from a wall between
  /// simplices.
  func clearance(_ features: [Double]) -> [Double] {
    shares(features).map { $0.count == dimensions + 1 ? $0.map(\.share).min() ?? 0 : 0 }
  }
}
