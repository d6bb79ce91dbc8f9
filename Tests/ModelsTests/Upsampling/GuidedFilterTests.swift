import Autograd
import Layers
import Tensors
import Testing

@testable import Models

@Suite struct GuidedFilterTests {
  /// The paper's equations window by window, in the plainest way.
  private func reference(
    _ low: [Double], _ guide: [[Double]], _ h: Int, _ w: Int, radius: Int, epsilon: Double
  ) -> [[Double]] {
    var result = [[Double]](repeating: [Double](repeating: 0, count: h * w), count: 4)
    for y in 0..<h {
      for x in 0..<w {
        var window: [Int] = []
        for v in max(0, y - radius)...min(h - 1, y + radius) {
          for u in max(0, x - radius)...min(w - 1, x + radius) { window.append(v * w + u) }
        }
        func mean(_ value: (Int) -> Double) -> Double {
          window.reduce(0) { $0 + value($1) } / Double(window.count)
        }
        let mu = (0..<3).map { c in mean { guide[c][$0] } }
        let p = mean { low[$0] }
        var matrix = (0..<3).map { a in
          (0..<3).map { b in
            mean { (guide[a][$0] - mu[a]) * (guide[b][$0] - mu[b]) } + (a == b ? epsilon : 0)
          }
        }
        for a in 0..<3 { matrix[a].append(mean { (guide[a][$0] - mu[a]) * (low[$0] - p) }) }
        let a = gaussianElimination(matrix)
        for c in 0..<3 { result[c][y * w + x] = a[c] }
        result[3][y * w + x] = p - zip(a, mu).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
    return result
  }

  @Test(arguments: [(2, 1, 0.01), (4, 2, 0.001), (3, 5, 0.2)])
  func equalsThePaper(_ factor: Int, _ radius: Int, _ epsilon: Double) throws {
    var random = CounterRandom(seed: 17, purpose: .synthetic)
    let (h, w) = (7, 9)
    let low = Tensor.uniform([1, 2, h, w], within: 1, using: &random)
    let guide = Tensor.uniform([1, 3, h * factor, w * factor], within: 1, using: &random)
    let filter = GuidedFilter(
      factor: factor, settings: GuidedFilterSettings(radius: radius, epsilon: Float(epsilon)))
    let ours = try filter(Variable(low), guide: Variable(guide)).value.elements
    let small = try averagePool2d(Variable(guide), kernelSize: Pair(factor)).value.elements
      .map(Double.init)
    let colours = (0..<3).map { Array(small[$0 * h * w..<($0 + 1) * h * w]) }
    let pixels = h * w * factor * factor
    for channel in 0..<2 {
      let lines = reference(
        low.elements[channel * h * w..<(channel + 1) * h * w].map(Double.init), colours, h, w,
        radius: radius, epsilon: epsilon)
      let enlarged = resizeBilinear(
        Variable(Tensor([1, 4, h, w], lines.flatMap { $0.map(Float.init) })), height: h * factor,
        width: w * factor
      ).value.elements
      for i in 0..<pixels {
        let expected = (0..<3).reduce(enlarged[3 * pixels + i]) {
          $0 + enlarged[$1 * pixels + i] * guide.elements[$1 * pixels + i]
        }
        #expect(abs(ours[channel * pixels + i] - expected) < 1e-4, "pixel \(i)")
      }
    }
  }

  /// A map that is a linear function of the colours comes out as that function of the guide.
  @Test func carriesTheGuidesEdgesOver() throws {
    var random = CounterRandom(seed: 4, purpose: .synthetic)
    let guide = Tensor.uniform([1, 3, 32, 32], within: 0.5, using: &random)
    let small = try averagePool2d(Variable(guide), kernelSize: 4).value.elements
    let slopes: [Float] = [0.5, -0.25, 1]
    let low = Tensor(
      [1, 1, 8, 8],
      (0..<64).map { i in (0..<3).reduce(Float(0.1)) { $0 + slopes[$1] * small[64 * $1 + i] } })
    let filter = GuidedFilter(
      factor: 4, settings: GuidedFilterSettings(radius: 2, epsilon: 1e-9))
    let output = try filter(Variable(low), guide: Variable(guide)).value.elements
    for i in 0..<1024 {
      let expected = (0..<3).reduce(Float(0.1)) {
        $0 + slopes[$1] * guide.elements[1024 * $1 + i]
      }
      #expect(abs(output[i] - expected) < 1e-3)
    }
  }
}

/// Solves the system whose rows are [A | b], with pivots.
func gaussianElimination(_ rows: [[Double]]) -> [Double] {
  var rows = rows
  let count = rows.count
  for column in 0..<count {
    let pivot = (column..<count).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
    rows.swapAt(column, pivot)
    for row in column + 1..<count {
      let factor = rows[row][column] / rows[column][column]
      for k in column...count { rows[row][k] -= factor * rows[column][k] }
    }
  }
  var x = [Double](repeating: 0, count: count)
  for row in (0..<count).reversed() {
    let known = (row + 1..<count).reduce(0) { $0 + rows[row][$1] * x[$1] }
    x[row] = (rows[row][count] - known) / rows[row][row]
  }
  return x
}
