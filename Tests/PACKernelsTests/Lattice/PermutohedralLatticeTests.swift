import Foundation
import PACTestSupport
import Testing

@testable import PACKernels

/// Features of a small image, and what the filter is to compute with them.
struct LatticeCase: Sendable, CustomTestStringConvertible {
  /// Positions are divided by this; nil for none among the features.
  var distance: Double?
  /// Channels of random numbers in 0…1 that vary slowly, divided by this.
  var colors = (count: 0, width: 1.0)
  /// The largest error of a weighted mean of numbers in −1…1.
  var tolerance: Double
  /// The sums of the weights over the exact ones: below 1 where lattice points are missing.
  var sums: ClosedRange<Double>
  var height = 17
  var width = 23
  var seed: UInt64 = 1

  var dimensions: Int { (distance == nil ? 0 : 2) + colors.count }
  var pixels: Int { height * width }
  var testDescription: String {
    "\(dimensions) dimensions, positions / \(distance ?? 0), colours / \(colors.width), seed \(seed)"
  }

  /// [dimensions, pixels].
  func features() -> [Float] {
    var random = SeededGenerator(seed: seed)
    var features: [Float] = []
    if let distance {
      features += (0..<pixels).map { Float(Double($0 / width) / distance) }
      features += (0..<pixels).map { Float(Double($0 % width) / distance) }
    }
    for _ in 0..<colors.count {
      let (y, x, phase) = (
        Double.random(in: 0.05..<0.4, using: &random),
        Double.random(in: 0.05..<0.4, using: &random),
        Double.random(in: 0..<6, using: &random)
      )
      features += (0..<pixels).map {
        let wave = sin(y * Double($0 / width) + x * Double($0 % width) + phase)
        return Float((0.5 + 0.5 * wave) / colors.width)
      }
    }
    return features
  }

  func lattice() throws -> PermutohedralLattice {
    try #require(
      PermutohedralLattice(features: features(), dimensions: dimensions, pixels: pixels))
  }
}

@Suite struct PermutohedralLatticeTests {
  /// Tolerances a fifth to a third above the worst errors that were found; they grow with the
  /// dimensions, as in the paper.
  static let cases = [
    LatticeCase(distance: nil, colors: (1, 0.2), tolerance: 0.045, sums: 0.88...1.03),
    LatticeCase(distance: 3, tolerance: 0.1, sums: 0.83...1.03),
    LatticeCase(
      distance: 5, colors: (1, 0.3), tolerance: 0.19, sums: 0.6...1.06, seed: 2),
    LatticeCase(
      distance: 8, colors: (3, 0.4), tolerance: 0.19, sums: 0.48...1, seed: 3),
    LatticeCase(
      distance: nil, colors: (7, 0.5), tolerance: 0.5, sums: 0.24...0.9, seed: 4),
  ]

  private func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Float.random(in: -1..<1, using: &random) }
  }

  private func filtered(
    _ lattice: PermutohedralLattice, _ input: [Float], transposed: Bool = false
  ) -> [Float] {
    var output = [Float](repeating: .nan, count: input.count)
    lattice.filter(
      input: input, channels: input.count / lattice.pixels, output: &output,
      transposed: transposed)
    return output
  }

  private func product(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// Σⱼ exp(−½ ‖fᵢ − fⱼ‖²) vⱼ in double precision.
  private func exact(_ c: LatticeCase, _ input: [Float]) -> [Double] {
    let (f, n) = (c.features().map(Double.init), c.pixels)
    return (0..<n).map { i in
      (0..<n).reduce(0) { sum, j in
        let square = (0..<c.dimensions).reduce(0) { $0 + pow(f[$1 * n + i] - f[$1 * n + j], 2) }
        return sum + exp(-0.5 * square) * Double(input[j])
      }
    }
  }

  /// The sums K1, and the weighted means K v / K1 of random numbers and of a step.
  @Test(arguments: cases)
  func approximatesTheGaussian(_ c: LatticeCase) throws {
    let lattice = try c.lattice()
    let ones = [Float](repeating: 1, count: c.pixels)
    let (sums, exactSums) = (filtered(lattice, ones), exact(c, ones))
    let ratios = zip(sums, exactSums).map { Double($0) / $1 }
    #expect(ratios.allSatisfy(c.sums.contains), "\(c)")
    let step = (0..<c.pixels).map { Float($0 % c.width < c.width / 3 ? -1 : 1) }
    for input in [numbers(c.pixels, seed: c.seed), step] {
      let means = zip(filtered(lattice, input), sums).map { Double($0 / $1) }
      let expected = zip(exact(c, input), exactSums).map { $0 / $1 }
      let worst = zip(means, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst < c.tolerance, "\(c)")
    }
  }

  /// Away from the border no point of a lattice of positions is missing: the sums are those of the
  /// Gaussian, 2π θ².
  @Test(arguments: [2.0, 3, 4.5])
  func sumsAreRightWhereNoPointIsMissing(_ distance: Double) throws {
    let c = LatticeCase(
      distance: distance, tolerance: 0, sums: 1...1, height: 60, width: 64)
    let sums = filtered(try c.lattice(), [Float](repeating: 1, count: c.pixels))
    let inner = sums.enumerated().filter { pixel, _ in
      (28..<32).contains(pixel / c.width) && (30..<34).contains(pixel % c.width)
    }
    for (pixel, sum) in inner {
      let ratio = Double(sum) / (2 * Double.pi * distance * distance)
      #expect(abs(ratio - 1) < 0.02, "width \(distance), pixel \(pixel)")
    }
  }

  /// The corners are lattice points whose weighted mean is the point, the weights being a partition
  /// of unity.
  @Test(arguments: cases)
  func simplicesHoldTheirPoints(_ c: LatticeCase) throws {
    let (d, features) = (c.dimensions, c.features())
    let embedding = LatticeEmbedding(dimensions: d)
    let unit = Double(d + 1) * (2.0 / 3).squareRoot()
    for pixel in 0..<c.pixels {
      var weights = [Float](repeating: .nan, count: d + 1)
      let simplex = features.withUnsafeBufferPointer { features in
        embedding.simplex(
          around: features.baseAddress.unsafelyUnwrapped + pixel, stride: c.pixels,
          weights: &weights)
      }
      // The point on the plane, from the definition of the axes.
      var place = [Double](repeating: 0, count: d + 1)
      for i in 0..<d {
        let value =
          unit * Double(features[i * c.pixels + pixel]) / Double((i + 1) * (i + 2)).squareRoot()
        for k in 0...i { place[k] += value }
        place[i + 1] -= Double(i + 1) * value
      }
      #expect(weights.allSatisfy { $0 > -1e-4 && $0 < 1 + 1e-4 }, "\(c) pixel \(pixel)")
      #expect(abs(weights.reduce(0, +) - 1) < 1e-5, "\(c) pixel \(pixel)")
      var sum = [Double](repeating: 0, count: d)
      for k in 0...d {
        let corner = simplex.corner(k, dimensions: d, used: embedding.used)
        let coordinates = (0..<d).map { Int(corner[$0]) }
        // A lattice point: coordinates that are alike modulo d + 1, with the last one that makes
        // the sum 0.
        let all = coordinates + [-coordinates.reduce(0, +)]
        #expect(all.allSatisfy { ($0 - k) % (d + 1) == 0 }, "\(c) pixel \(pixel)")
        for i in 0..<d { sum[i] += Double(weights[k]) * Double(coordinates[i]) }
      }
      #expect(zip(sum, place).allSatisfy { abs($0 - $1) < 1e-3 }, "\(c) pixel \(pixel)")
    }
  }

  @Test(arguments: cases)
  func isLinearWithAnAdjoint(_ c: LatticeCase) throws {
    let lattice = try c.lattice()
    let (a, b) = (numbers(c.pixels, seed: 10 + c.seed), numbers(c.pixels, seed: 20 + c.seed))
    let (ka, kb) = (filtered(lattice, a), filtered(lattice, b))
    let scale = ka.map(abs).max() ?? 0
    let mixed = filtered(lattice, zip(a, b).map { 0.5 * $0 - 2 * $1 })
    for i in mixed.indices {
      #expect(abs(mixed[i] - (0.5 * ka[i] - 2 * kb[i])) < 1e-5 * scale, "\(c), pixel \(i)")
    }
    let (left, right) = (product(ka, b), product(a, filtered(lattice, b, transposed: true)))
    let size = (product(ka, ka) * product(b, b)).squareRoot()
    #expect(abs(left - right) < 1e-5 * size, "\(c)")
    // Nearly its own adjoint.
    #expect(abs(left - product(a, kb)) < 0.02 * size, "\(c)")
  }

  /// D^(−½) K D^(−½) has the eigenvector √D of the eigenvalue 1, and K1 is D.
  @Test(arguments: cases)
  func normalizesByTheRootsOfItsSums(_ c: LatticeCase) throws {
    var lattice = try c.lattice()
    let sums = filtered(lattice, [Float](repeating: 1, count: c.pixels))
    #expect(sums.allSatisfy { $0 > 0 })
    let input = numbers(c.pixels, seed: 30 + c.seed)
    let expected = zip(filtered(lattice, zip(input, sums).map { $0 / $1.squareRoot() }), sums)
      .map { $0 / $1.squareRoot() }
    lattice.normalize()
    let roots = sums.map { $0.squareRoot() }
    for (result, root) in zip(filtered(lattice, roots), roots) {
      #expect(abs(result - root) < 1e-5 * root, "\(c)")
    }
    for (result, value) in zip(filtered(lattice, input), expected) {
      #expect(abs(result - value) < 1e-5, "\(c)")
    }
  }

  @Test(arguments: [cases[1], cases[3]])
  func bitsDependNeitherOnThreadsNorOnOtherChannels(_ c: LatticeCase) throws {
    let threads = Threads.count
    defer { Threads.set(threads) }
    let input = numbers(21 * c.pixels, seed: 40 + c.seed)
    Threads.set(1)
    var lattice = try c.lattice()
    lattice.normalize()
    let alone = filtered(lattice, input)
    for count in [2, 3, 7] {
      Threads.set(count)
      var other = try c.lattice()
      other.normalize()
      #expect(filtered(other, input) == alone, "\(c), \(count) threads")
    }
    for channel in [0, 7, 8, 20] {
      let range = channel * c.pixels..<(channel + 1) * c.pixels
      #expect(filtered(lattice, Array(input[range])) == Array(alone[range]))
    }
  }

  @Test func refusesFeaturesBeyondItsKeys() {
    let limit = PermutohedralLattice.largestFeature(dimensions: 2)
    for wrong in [Float.nan, .infinity, -limit * 1.01] {
      let features = [0, 1, 2, wrong]
      #expect(PermutohedralLattice(features: features, dimensions: 2, pixels: 2) == nil, "\(wrong)")
    }
    let lattice = PermutohedralLattice(
      features: [-limit, limit, limit, -limit], dimensions: 2, pixels: 2)
    #expect(lattice?.points == 6)
  }
}
