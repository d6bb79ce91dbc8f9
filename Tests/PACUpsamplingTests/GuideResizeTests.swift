import PACData
import Testing

@testable import PACUpsampling

@Suite("Bilinear resizing of guides")
struct GuideResizeTests {
  struct Case: Sendable {
    let height: Int
    let width: Int
    let newHeight: Int
    let newWidth: Int
    let expected: [Float]
  }

  /// What PyTorch's `interpolate` makes of two channels of ((37 i + 11) mod 101) / 10.
  static let cases = [
    Case(
      height: 3, width: 4, newHeight: 4, newWidth: 8,
      expected: [
        1.100000, 2.025000, 3.875000, 5.725000, 7.575000, 6.900000, 3.700000, 2.100000, 4.037500,
        4.962500, 6.812500, 7.084375, 5.778125, 5.103125, 5.059375, 5.037500, 3.775000, 4.700000,
        6.550000, 6.821875, 5.515625, 4.840625, 4.796875, 4.775000, 0.400000, 1.325000, 3.175000,
        5.025000, 6.875000, 6.200000, 3.000000, 1.400000, 5.100000, 6.025000, 7.875000, 7.200000,
        4.000000, 3.325000, 5.175000, 6.100000, 8.037500, 7.384375, 6.078125, 5.403125, 5.359375,
        4.684375, 3.378125, 2.725000, 7.775000, 7.121875, 5.815625, 5.140625, 5.096875, 4.421875,
        3.115625, 2.462500, 4.400000, 5.325000, 7.175000, 6.500000, 3.300000, 2.625000, 4.475000,
        5.400000,
      ]),
    Case(
      height: 5, width: 4, newHeight: 3, newWidth: 3,
      expected: [
        3.283333, 6.533333, 4.172222, 1.016667, 5.950000, 2.466667, 7.727778, 5.366667, 3.005556,
        6.022222, 4.783333, 3.544444, 4.316667, 4.200000, 4.083333, 4.855556, 3.616667, 5.183333,
      ]),
    Case(
      height: 2, width: 1, newHeight: 3, newWidth: 2,
      expected: [
        1.100000, 1.100000, 2.950000, 2.950000, 4.800000, 4.800000, 8.500000, 8.500000, 5.300000,
        5.300000, 2.100000, 2.100000,
      ]),
  ]

  @Test("the same numbers as PyTorch", arguments: cases)
  func pyTorch(_ item: Case) {
    let resized = bilinearResized(
      exampleValues(2 * item.height * item.width), height: item.height, width: item.width,
      newHeight: item.newHeight, newWidth: item.newWidth)
    expectEqual(resized, item.expected, within: 2e-6)
  }
}
