import PACAutograd
import PACLayers
import PACTensors
import Testing

@testable import PACModels

@Suite struct GuidedFilterTests {
  /// The paper's equations window by window, in the plainest way: q of a map.
  private func reference(
    _ map: [Double], _ guide: [[Double]], _ h: Int, _ w: Int, radius: Int, epsilon: Double
  ) -> [Double] {
    func window(_ i: Int) -> [Int] {
      (0..<h * w).filter { abs($0 / w - i / w) <= radius && abs($0 % w - i % w) <= radius }
    }
    // The line of the window around each pixel: a, then b.
    let lines = (0..<h * w).map { i -> [Double] in
      let window = window(i)
      func mean(_ value: (Int) -> Double) -> Double {
        window.reduce(0) { $0 + value($1) } / Double(window.count)
      }
      let mu = (0..<3).map { c in mean { guide[c][$0] } }
      let p = mean { map[$0] }
      var matrix = (0..<3).map { a in
        (0..<3).map { b in
          mean { (guide[a][$0] - mu[a]) * (guide[b][$0] - mu[b]) } + (a == b ? epsilon : 0)
        }
      }
      for a in 0..<3 { matrix[a].append(mean { (guide[a][$0] - mu[a]) * (map[$0] - p) }) }
      let a = gaussianElimination(matrix)
      return a + [p - zip(a, mu).reduce(0) { $0 + $1.0 * $1.1 }]
    }
    return (0..<h * w).map { i in
      let window = window(i)
      return window.reduce(0) { sum, k in
        sum + lines[k][3] + (0..<3).reduce(0) { $0 + lines[k][$1] * guide[$1][i] }
      } / Double(window.count)
    }
  }

  @Test(arguments: [(2, 1, 0.01), (4, 2, 0.001), (3, 8, 0.2)])
  func equalsThePaper(_ factor: Int, _ radius: Int, _ epsilon: Double) throws {
    var random = CounterRandom(seed: 17, purpose: .synthetic)
    let (h, w) = (12 / factor * factor, 24 / factor * factor)
    let low = Tensor.uniform([2, 2, h / factor, w / factor], within: 1, using: &random)
    let guide = Tensor.uniform([2, 3, h, w], within: 1, using: &random)
    let filter = GuidedFilter(
      factor: factor, settings: GuidedFilterSettings(radius: radius, epsilon: Float(epsilon)))
    let ours = try filter(Variable(low), guide: Variable(guide)).value
    let upsampled = resizeBilinear(Variable(low), height: h, width: w).value
    func plane(_ tensor: Tensor, _ number: Int) -> [Double] {
      tensor.elements[number * h * w..<(number + 1) * h * w].map(Double.init)
    }
    for map in 0..<4 {
      let expected = reference(
        plane(upsampled, map), (0..<3).map { plane(guide, map / 2 * 3 + $0) }, h, w,
        radius: radius, epsilon: epsilon)
      for (a, b) in zip(plane(ours, map), expected) { #expect(abs(a - b) < 1e-5, "map \(map)") }
    }
  }

  /// A map whose edge lies beside the guide's gets the guide's.
  @Test func movesEdgesToTheGuides() throws {
    let guide = Tensor(
      [1, 3, 32, 32], (0..<3 * 1024).map { $0 % 32 < 18 ? Float(0.1) : Float(0.9) })
    let low = Tensor([1, 1, 8, 8], (0..<64).map { $0 % 8 < 4 ? Float(0) : Float(1) })
    let filter = GuidedFilter(
      factor: 4, settings: GuidedFilterSettings(radius: 4, epsilon: 1e-4))
    let output = try filter(Variable(low), guide: Variable(guide)).value.elements
    let row = Array(output[16 * 32..<17 * 32])
    let steps = zip(row, row.dropFirst()).map { $1 - $0 }
    #expect(steps.firstIndex(of: steps.max() ?? 0) == 17 && (steps.max() ?? 0) > 0.4, "\(row)")
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
