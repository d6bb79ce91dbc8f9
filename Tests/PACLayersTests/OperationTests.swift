import Foundation
import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

/// Operations on maps of one image after another, plane by plane, against loops in double
/// precision.
@Suite struct OperationTests {
  private func uniform(_ shape: Shape, _ seed: UInt64, within scale: Float = 1) -> Tensor {
    var random = CounterRandom(seed: seed, purpose: .initialisation)
    return .uniform(shape, within: scale, using: &random)
  }

  /// Pixel counts on both sides of the sixteen lanes; large numbers must not overflow.
  @Test(arguments: [1, 15, 16, 17, 530], [1, 5])
  func softmaxAndItsLogarithm(pixels: Int, channels: Int) throws {
    let input = uniform([2, channels, 1, pixels], 5, within: pixels == 17 ? 200 : 3)
    func reference(_ x: [Double], _ finish: (Double, Double) -> Double) -> [Double] {
      x.indices.map { i in
        let image = i / (channels * pixels) * channels * pixels
        let own = (0..<channels).map { x[image + $0 * pixels + i % pixels] }
        let most = own.max() ?? 0
        let sum = own.reduce(0) { $0 + exp($1 - most) }
        return finish(x[i] - most, sum)
      }
    }
    try expectAgreement([input], seed: 5) {
      softmax($0[0])
    } reference: {
      reference($0[0]) { exp($0) / $1 }
    }
    try expectAgreement([input], seed: 6) {
      logSoftmax($0[0])
    } reference: {
      reference($0[0]) { $0 - log($1) }
    }
  }

  @Test(arguments: [(Pair(2), Pair(2), Pair(1, 0)), (Pair(3, 2), Pair(1, 3), Pair(1)), (4, 4, 2)])
  func averagePoolingLeavesOutThePadding(size: Pair, stride: Pair, padding: Pair) throws {
    let (h, w) = (7, 9)
    let (oh, ow) = (
      (h + 2 * padding.height - size.height) / stride.height + 1,
      (w + 2 * padding.width - size.width) / stride.width + 1
    )
    try expectAgreement([uniform([2, 3, h, w], 8)], seed: 8) {
      try averagePool2d($0[0], kernelSize: size, stride: stride, padding: padding)
    } reference: { values in
      (0..<6 * oh * ow).map { i in
        let top = i / ow % oh * stride.height - padding.height
        let left = i % ow * stride.width - padding.width
        let pixels = (max(top, 0)..<min(top + size.height, h)).flatMap { y in
          (max(left, 0)..<min(left + size.width, w)).map {
            values[0][(i / (oh * ow) * h + y) * w + $0]
          }
        }
        return pixels.reduce(0, +) / Double(pixels.count)
      }
    }
  }

  @Test func upsamplingReadsHalfPixelCentres() throws {
    let (h, w, factor) = (3, 4, 3)
    try expectAgreement([uniform([1, 2, h, w], 9)], seed: 9) {
      upsampleBilinear($0[0], factor: factor, rows: 2..<8, columns: 1..<12)
    } reference: { values in
      func read(_ position: Int, _ extent: Int) -> (Int, Int, Double) {
        let x = max((Double(position) + 0.5) / Double(factor) - 0.5, 0)
        return (Int(x), min(Int(x) + 1, extent - 1), x - x.rounded(.down))
      }
      return (0..<2 * 6 * 11).map { i in
        let (top, bottom, v) = read(2 + i / 11 % 6, h)
        let (left, right, u) = read(1 + i % 11, w)
        func pixel(_ y: Int, _ x: Int) -> Double { values[0][(i / 66 * h + y) * w + x] }
        return (1 - v) * ((1 - u) * pixel(top, left) + u * pixel(top, right))
          + v * ((1 - u) * pixel(bottom, left) + u * pixel(bottom, right))
      }
    }
  }

  @Test func weightedSumsPassGradientsToTermsAndWeights() throws {
    let shape: Shape = [1, 3, 61, 150]
    let inputs = [uniform(shape, 1), uniform(shape, 2), Tensor(scalar: 0.7), Tensor(scalar: -1.3)]
    try expectAgreement(inputs, seed: 3) {
      weightedSum([
        WeightedTerm($0[0], times: $0[2]), WeightedTerm($0[1], times: $0[3], isSubtracted: true),
      ])
    } reference: { values in
      zip(values[0], values[1]).map { values[2][0] * $0 - values[3][0] * $1 }
    }
  }

  @Test func featuresOfPositionAndColour() throws {
    let (h, w) = (4, 5)
    let inputs = [
      uniform([2, 3, h, w], 4, within: 50), Tensor([2], [8, 5]), Tensor(scalar: 13),
    ]
    try expectAgreement(inputs, seed: 4) {
      try createYXRGB($0[0], yxScale: $0[1], rgbScale: $0[2])
    } reference: { values in
      (0..<2 * 5 * h * w).map { i in
        let (image, channel, y, x) = (i / (5 * h * w), i / (h * w) % 5, i / w % h, i % w)
        switch channel {
        case 0: return Double(y) / values[1][0]
        case 1: return Double(x) / values[1][1]
        default: return values[0][((image * 3 + channel - 2) * h + y) * w + x] / values[2][0]
        }
      }
    }
    try expectAgreement([Tensor([1], [3])], seed: 5) {
      try createPositionFeatures(height: h, width: w, batch: 2, scales: $0[0])
    } reference: { values in
      (0..<4 * h * w).map { Double($0 / (h * w) % 2 == 0 ? $0 / w % h : $0 % w) / values[0][0] }
    }
  }

  @Test(
    arguments: [
      (Pair(3), Pair(1), Pair(2), Pair(2)), (Pair(3, 5), Pair(2, 3), Pair(1, 4), Pair(1, 2)),
      (Pair(1), Pair(1), Pair(0), Pair(1)),
    ], [false, true])
  func convolutionWithEveryArgument(
    window: (size: Pair, stride: Pair, padding: Pair, dilation: Pair), biased: Bool
  ) throws {
    let pac = PacWindow(
      kernelSize: window.size, stride: window.stride, padding: window.padding,
      dilation: window.dilation)
    let shape: Shape = [2, 3, 8, 9]
    let weight: Shape = [4, 3, window.size.height, window.size.width]
    let inputs =
      [uniform(shape, 1), uniform(weight, 2)] + (biased ? [uniform([4], 3)] : [])
    try expectAgreement(inputs, seed: 7) {
      try conv2d(
        $0[0], weight: $0[1], bias: biased ? $0[2] : nil, stride: window.stride,
        padding: window.padding, dilation: window.dilation)
    } reference: { values in
      // Features without differences: K is 1.
      var reference = PacReference(
        window: pac, inputShape: shape, guideShape: shape, outputChannels: 4, input: values[0],
        guide: [Double](repeating: 0, count: shape.count))
      reference.weight = values[1]
      reference.bias = biased ? values[2] : []
      return reference.output()
    }
  }
}
