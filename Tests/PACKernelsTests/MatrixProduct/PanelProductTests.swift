import Testing

@testable import PACKernels

@Suite struct PanelProductTests {
  /// Every number of rows on both sides of the heights there are loops for, and several groups.
  @Test(arguments: [1, 2, 3, 5, 7, 8, 9, 13, 16, 17, 21, 22, 24, 25, 32, 43, 48, 49], [6, 24])
  func equalsTheSums(_ rows: Int, mostRows: Int) {
    for depth in [1, 2, 25, 100] {
      func left(_ row: Int, _ k: Int) -> Float { Float((row * 7 + k * 3) % 11) - 5 }
      func right(_ k: Int, _ lane: Int) -> Float { Float((k * 5 + lane) % 13) - 6 }
      let weights = PanelWeights(rows: rows, depth: depth, mostRows: mostRows, element: left)
      let panel = ScratchBuffer(count: depth * Vector.lanes)
      for k in 0..<depth {
        for lane in 0..<Vector.lanes { panel.pointer[k * Vector.lanes + lane] = right(k, lane) }
      }
      let stride = 2 * Vector.lanes
      let result = ScratchBuffer(count: weights.paddedRows * stride)
      weights.multiply(panel.pointer, into: result.pointer, stride: stride)
      for row in 0..<rows {
        for lane in 0..<Vector.lanes {
          // Small integers: every sum is exact.
          let expected = (0..<depth).reduce(Float(0)) { $0 + left(row, $1) * right($1, lane) }
          #expect(result.pointer[row * stride + lane] == expected, "depth \(depth) row \(row)")
        }
      }
    }
  }
}
