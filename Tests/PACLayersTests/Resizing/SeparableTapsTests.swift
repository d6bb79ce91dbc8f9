import Foundation
import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

/// Weighted sums along rows and columns, against sums over both axes at once in double precision.
@Suite struct SeparableTapsTests {
  /// y[i, j] = Σ over pixels (p, q) of `weight(i, p, H)` · `weight(j, q, W)` · x[p, q].
  private func sums(
    _ x: [Double], _ planes: Int, _ size: (Int, Int), to output: (Int, Int),
    weight: (Int, Int, Int) -> Double
  ) -> [Double] {
    (0..<planes * output.0 * output.1).map { number in
      let (plane, i, j) = (
        number / (output.0 * output.1), number / output.1 % output.0, number % output.1
      )
      var sum = 0.0
      for p in 0..<size.0 {
        for q in 0..<size.1 {
          sum +=
            weight(i, p, size.0) * weight(j, q, size.1) * x[(plane * size.0 + p) * size.1 + q]
        }
      }
      return sum
    }
  }

  private func keys(_ distance: Double) -> Double {
    let d = abs(distance)
    if d >= 2 { return 0 }
    return d <= 1
      ? 1.5 * pow(d, 3) - 2.5 * pow(d, 2) + 1 : -0.5 * pow(d, 3) + 2.5 * pow(d, 2) - 4 * d + 2
  }

  /// How much input pixel `p` counts in output pixel `i` along an axis of `extent` pixels: Keys'
  /// kernel over all integer positions that read this pixel.
  private func cubic(
    _ i: Int, _ p: Int, _ extent: Int, factor: Int, isMirrored: Bool
  ) -> Double {
    let at = (Double(i) + 0.5) / Double(factor) - 0.5
    return (-8 * extent..<8 * extent).reduce(0) { sum, position in
      // Positions −1, −2, … read 0, 1, …; extent, extent + 1, … read extent − 1, extent − 2, …
      let unfolded = (position % (2 * extent) + 2 * extent) % (2 * extent)
      let read =
        isMirrored
        ? min(unfolded, 2 * extent - 1 - unfolded) : min(max(position, 0), extent - 1)
      return read == p ? sum + keys(at - Double(position)) : sum
    }
  }

  @Test(arguments: [(1, 3, 4), (2, 1, 5), (3, 2, 3), (4, 6, 1), (8, 3, 2)])
  func bicubic(factor: Int, height: Int, width: Int) throws {
    var random = CounterRandom(seed: 41, purpose: .initialisation)
    let input = Tensor.uniform([2, 2, height, width], within: 1, using: &random)
    for isMirrored in [false, true] {
      try expectAgreement([input], seed: 42) {
        upsampleBicubic($0[0], factor: factor, border: isMirrored ? .mirrored : .nearest)
      } reference: { x in
        sums(x[0], 4, (height, width), to: (height * factor, width * factor)) {
          cubic($0, $1, $2, factor: factor, isMirrored: isMirrored)
        }
      }
    }
  }

  @Test(arguments: [(3, 1, 1), (3, 2, 5), (5, 2, 7), (1, 3, 4), (3, 20, 33)])
  func localMeans(size: Int, height: Int, width: Int) throws {
    var random = CounterRandom(seed: 43, purpose: .initialisation)
    let input = Tensor.uniform([1, 3, height, width], within: 1, using: &random)
    try expectAgreement([input], seed: 44) {
      localMean($0[0], size: size)
    } reference: { x in
      sums(x[0], 3, (height, width), to: (height, width)) { i, p, extent in
        let read = (i - size / 2...i + size / 2).count { min(max($0, 0), extent - 1) == p }
        return Double(read) / Double(size)
      }
    }
  }

  @Test(arguments: [(1, 1), (3, 4)])
  func lastRowAndColumnOnceMore(height: Int, width: Int) throws {
    let input = distinct([2, 1, height, width], 45)
    try expectAgreement([input], seed: 46) {
      $0[0].repeatingLastRowAndColumn()
    } reference: { x in
      sums(x[0], 2, (height, width), to: (height + 1, width + 1)) { min($0, $2 - 1) == $1 ? 1 : 0 }
    }
  }
}
