import PACTensors
import Testing

@testable import PACLayers

/// Positions and colours, divided by a scale for each channel or by one for all, whose gradient is
/// then the sum over the channels.
@Suite struct EdgeFeaturesTests {
  private let height = 3
  private let width = 4

  /// (y, x) of every pixel.
  private var positions: [Double] {
    let pixels = 0..<height * width
    return pixels.map { Double($0 / width) } + pixels.map { Double($0 % width) }
  }

  private func divided(_ values: [Double], _ scales: [Double]) -> [Double] {
    let pixels = height * width
    return values.indices.map { i in
      values[i] / (scales.count == 1 ? scales[0] : scales[i / pixels % scales.count])
    }
  }

  @Test(arguments: [Tensor(scalar: 7), Tensor([1], [7]), Tensor([2], [7, 3])])
  func positionsByScale(_ scale: Tensor) throws {
    try expectAgreement([scale], seed: 61) { leaves in
      try createPositionFeatures(height: height, width: width, scales: leaves[0])
    } reference: {
      divided(positions, $0[0])
    }
  }

  @Test(
    arguments: [Tensor(scalar: 7), Tensor([2], [7, 3])],
    [Tensor(scalar: 2), Tensor([1], [2]), Tensor([3], [2, 0.5, 4])])
  func positionsAndColoursByScale(_ yx: Tensor, _ rgb: Tensor) throws {
    var r = CounterRandom(seed: 62, purpose: .initialisation)
    let image = Tensor.uniform([1, 3, height, width], within: 2, using: &r)
    try expectAgreement([image, yx, rgb], seed: 62) { leaves in
      try createYXRGB(leaves[0], yxScale: leaves[1], rgbScale: leaves[2])
    } reference: {
      divided(positions, $0[1]) + divided($0[0], $0[2])
    }
  }

  @Test(arguments: [Tensor(scalar: 2), Tensor([3], [2, 0.5, 4])])
  func channelsByScale(_ scale: Tensor) throws {
    var r = CounterRandom(seed: 63, purpose: .initialisation)
    let image = Tensor.uniform([2, 3, height, width], within: 2, using: &r)
    try expectAgreement([image, scale], seed: 63) { leaves in
      try dividedChannels(leaves[0], by: leaves[1])
    } reference: {
      divided($0[0], $0[1])
    }
  }
}
