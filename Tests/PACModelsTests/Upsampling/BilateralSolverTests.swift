import Foundation
import PACAutograd
import PACLayers
import PACTensors
import Testing

@testable import PACModels

@Suite struct BilateralSolverTests {
  /// The paper's system with dense matrices and elimination.
  private func reference(
    _ target: [Double], _ guide: Tensor, _ settings: BilateralSolverSettings,
    confidence: [Double]
  ) -> [Double] {
    let (width, pixels) = (guide.shape.width, guide.shape.pixels)
    let colours = guide.elements
    let points = (0..<pixels).map { i -> [Int] in
      let (r, g, b) = (
        255 * colours[i], 255 * colours[pixels + i], 255 * colours[2 * pixels + i]
      )
      let y = 0.299 * r + 0.587 * g + 0.114 * b
      let features: [(Float, Float)] = [
        (Float(i % width), settings.space), (Float(i / width), settings.space),
        (y, settings.luma), (127.5 + (b - y) / 1.772, settings.chroma),
        (127.5 + (r - y) / 1.402, settings.chroma),
      ]
      return features.map { Int(($0 / $1).rounded()) }
    }
    let vertices = Array(Set(points))
    let count = vertices.count
    let vertex = points.map { point in vertices.firstIndex(of: point) ?? -1 }
    func splat(_ values: [Double]) -> [Double] {
      var sums = [Double](repeating: 0, count: count)
      for (i, value) in values.enumerated() { sums[vertex[i]] += value }
      return sums
    }
    let blur = vertices.map { a in
      vertices.map { b -> Double in
        let distances = zip(a, b).map { abs($0 - $1) }.filter { $0 > 0 }
        return distances.isEmpty ? 10 : distances == [1] ? 1 : 0
      }
    }
    func dot(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    func times(_ x: [Double]) -> [Double] { blur.map { dot($0, x) } }
    let mass = splat([Double](repeating: 1, count: pixels))
    var n = [Double](repeating: 1, count: count)
    for _ in 0..<20 {
      let blurred = times(n)
      n = (0..<count).map { (n[$0] * mass[$0] / blurred[$0]).squareRoot() }
    }
    let m = zip(n, times(n)).map { $0 * $1 }
    let c = splat(confidence)
    let right = splat(zip(confidence, target).map { $0 * $1 })
    let smoothness = Double(settings.smoothness)
    var system: [[Double]] = []
    for i in 0..<count {
      var row = (0..<count).map { j -> Double in -smoothness * n[i] * blur[i][j] * n[j] }
      row[i] += smoothness * m[i] + c[i]
      system.append(row + [right[i]])
    }
    let solution = gaussianElimination(system)
    return vertex.map { solution[$0] }
  }

  @Test(arguments: [(2, 0.5), (4, 8), (8, 200)] as [(Int, Float)])
  func equalsTheDenseSystem(_ factor: Int, _ smoothness: Float) throws {
    var random = CounterRandom(seed: UInt64(factor), purpose: .synthetic)
    let (h, w) = (16 / factor, 24 / factor)
    let low = Tensor.uniform([1, 2, h, w], within: 1, using: &random)
    let guide = Tensor([1, 3, 16, 24], (0..<3 * 16 * 24).map { _ in random.uniform() })
    let settings = BilateralSolverSettings(
      space: 6, luma: 60, chroma: 50, smoothness: smoothness)
    let solver = BilateralSolver(factor: factor, settings: settings)
    let ours = try solver(Variable(low), guide: Variable(guide)).value.elements
    let upsampled = resizeBilinear(Variable(low), height: 16, width: 24).value.elements
    let sigma = Double(factor) / 8
    let confidence = (0..<16 * 24).map { i -> Double in
      let distances = [i / 24, i % 24].map { position in
        Double(position % factor) - Double(factor - 1) / 2
      }
      return exp(-distances.reduce(0) { $0 + $1 * $1 } / (2 * sigma * sigma))
    }
    for channel in 0..<2 {
      let pixels = channel * 384..<(channel + 1) * 384
      let expected = reference(
        upsampled[pixels].map(Double.init), guide, settings, confidence: confidence)
      for (a, b) in zip(ours[pixels], expected) { #expect(abs(Double(a) - b) < 1e-4) }
    }
  }

  /// Without noise nothing moves; with two colours, values spread within a colour and not across.
  @Test func smoothsWithinColoursOnly() throws {
    let guide = Tensor(
      [1, 3, 32, 32], (0..<3 * 1024).map { $0 % 32 < 18 ? Float(0.1) : Float(0.9) })
    // The map's edge lies at column 16, two pixels from the guide's.
    let low = Tensor([1, 1, 8, 8], (0..<64).map { $0 % 8 < 4 ? Float(0) : Float(1) })
    let solver = BilateralSolver(
      factor: 4,
      settings: BilateralSolverSettings(space: 8, luma: 8, chroma: 8, smoothness: 10))
    let output = try solver(Variable(low), guide: Variable(guide)).value.elements
    let row = Array(output[16 * 32..<17 * 32])
    // The whole contrast of the row lies at the guide's edge.
    #expect(row[18] - row[17] > 0.5 * (row[31] - row[0]))
    #expect(row[17] < 0.4 && row[18] > 0.8, "\(row)")
    let flat = try solver(
      Variable(Tensor(repeating: 0.3, [1, 1, 8, 8])), guide: Variable(guide)
    ).value.elements
    #expect(flat.allSatisfy { abs($0 - 0.3) < 1e-4 })
  }
}
