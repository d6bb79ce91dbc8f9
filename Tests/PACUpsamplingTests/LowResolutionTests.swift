import PACData
import PACTensors
import Testing

@testable import PACUpsampling

@Suite("Low-resolution targets")
struct LowResolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let channels: Int
    let height: Int
    let width: Int
    let factor: Int
    let mode: LowResolutionMode
    let expected: [Float]
    var testDescription: String { "\(channels)×\(height)×\(width), factor \(factor), \(mode)" }
  }

  /// What scikit-image 0.26 makes of ((37 i + 11) mod 101) / 10, computed in double precision.
  static let cases = [
    Case(
      channels: 1, height: 8, width: 12, factor: 4, mode: .center,
      expected: [8.800000, 3.400000, 8.100000, 4.600000, 9.300000, 3.900000]),
    Case(
      channels: 1, height: 8, width: 12, factor: 4, mode: .last,
      expected: [4.000000, 8.700000, 3.300000, 9.900000, 4.500000, 9.200000]),
    Case(
      channels: 1, height: 8, width: 12, factor: 4, mode: .nearest,
      expected: [4.682610, 4.897839, 5.456453, 5.349763, 4.875327, 4.889098]),
    Case(
      channels: 1, height: 8, width: 12, factor: 4, mode: .bilinear,
      expected: [4.902858, 4.974274, 5.187067, 5.076315, 5.117945, 4.960507]),
    Case(
      channels: 1, height: 8, width: 12, factor: 4, mode: .bicubic,
      expected: [4.900591, 4.975575, 5.194741, 5.076241, 5.132131, 4.953085]),
    Case(
      channels: 2, height: 7, width: 9, factor: 4, mode: .center,
      expected: [
        5.850000, 6.850000, 7.850000, 6.250000, 5.277344, 6.277344, 6.650000, 7.650000, 3.521094,
        5.077344, 6.077344, 7.077344,
      ]),
    Case(
      channels: 2, height: 7, width: 9, factor: 4, mode: .last,
      expected: [
        5.839844, 6.839844, 7.625000, 6.575000, 6.391406, 7.650000, 6.639844, 7.639844, 3.453906,
        6.191406, 7.191406, 8.450000,
      ]),
    Case(
      channels: 2, height: 7, width: 9, factor: 4, mode: .nearest,
      expected: [
        4.382656, 5.265441, 5.682041, 5.415211, 4.685654, 4.979636, 5.113349, 5.519881, 4.565690,
        4.483290, 4.967995, 5.478481,
      ]),
    Case(
      channels: 2, height: 7, width: 9, factor: 4, mode: .bilinear,
      expected: [
        4.408186, 5.249595, 5.670513, 5.246470, 4.720494, 5.037304, 5.162696, 5.476627, 4.603580,
        4.529487, 4.947526, 5.441864,
      ]),
    Case(
      channels: 2, height: 7, width: 9, factor: 4, mode: .bicubic,
      expected: [
        4.404337, 5.266888, 5.684946, 5.272643, 4.701725, 5.029871, 5.170129, 5.496479, 4.584671,
        4.515053, 4.931316, 5.452977,
      ]),
    Case(
      channels: 1, height: 21, width: 18, factor: 16, mode: .center,
      expected: [6.829687, 5.632861, 4.179688, 6.612549]),
    Case(
      channels: 1, height: 21, width: 18, factor: 16, mode: .last,
      expected: [7.256201, 4.820361, 7.248486, 3.924951]),
    Case(
      channels: 1, height: 21, width: 18, factor: 16, mode: .nearest,
      expected: [4.915144, 5.064346, 5.020123, 4.971904]),
    Case(
      channels: 1, height: 21, width: 18, factor: 16, mode: .bilinear,
      expected: [4.909963, 5.056453, 5.019242, 4.974587]),
    Case(
      channels: 1, height: 21, width: 18, factor: 16, mode: .bicubic,
      expected: [4.909935, 5.056524, 5.019374, 4.974454]),
    Case(
      channels: 1, height: 9, width: 6, factor: 3, mode: .center,
      expected: [6.800000, 7.800000, 2.700000, 3.700000, 8.700000, 9.700000]),
    Case(
      channels: 1, height: 9, width: 6, factor: 3, mode: .last,
      expected: [2.400000, 3.400000, 8.400000, 9.400000, 4.300000, 5.300000]),
    Case(
      channels: 1, height: 9, width: 6, factor: 3, mode: .nearest,
      expected: [4.766898, 5.628285, 4.573460, 4.668702, 4.871880, 5.639174]),
    Case(
      channels: 1, height: 9, width: 6, factor: 3, mode: .bilinear,
      expected: [4.766898, 5.628285, 4.573460, 4.668702, 4.871880, 5.639174]),
    Case(
      channels: 1, height: 9, width: 6, factor: 3, mode: .bicubic,
      expected: [4.766898, 5.628285, 4.573460, 4.668702, 4.871880, 5.639174]),
    Case(
      channels: 1, height: 1, width: 5, factor: 2, mode: .center,
      expected: [1.408333, 6.958333, 3.025000]),
    Case(
      channels: 1, height: 1, width: 5, factor: 2, mode: .last,
      expected: [3.875000, 5.833333, 5.491667]),
    Case(
      channels: 1, height: 1, width: 5, factor: 2, mode: .nearest,
      expected: [3.941161, 5.653534, 4.966690]),
    Case(
      channels: 1, height: 1, width: 5, factor: 2, mode: .bilinear,
      expected: [2.938790, 6.080692, 4.277128]),
    Case(
      channels: 1, height: 1, width: 5, factor: 2, mode: .bicubic,
      expected: [2.545273, 6.533159, 4.290798]),
  ]

  @Test("the same numbers as scikit-image", arguments: cases)
  func scikitImage(_ item: Case) {
    let shape = Shape(
      batch: 1, channels: item.channels, height: item.height, width: item.width)
    let low = lowResolution(
      Tensor(shape, exampleValues(shape.count)), factor: item.factor, mode: item.mode)
    #expect(low.shape.channels == item.channels)
    #expect(low.shape.height == (item.height + item.factor - 1) / item.factor)
    #expect(low.shape.width == (item.width + item.factor - 1) / item.factor)
    // The expected values are rounded to six decimals, ours to Float (below 10: 5e-7).
    expectEqual(low.elements, item.expected, within: 1.5e-6)
  }

  @Test("a constant stays what it is in every mode", arguments: LowResolutionMode.allCases)
  func constant(mode: LowResolutionMode) {
    let low = lowResolution(Tensor(repeating: 3, [1, 1, 13, 22]), factor: 8, mode: mode)
    expectEqual(low.elements, [Float](repeating: 3, count: 6), within: 1e-6)
  }

  @Test("mirroring about the outermost elements", arguments: [1, 2, 5])
  func mirroring(count: Int) {
    // The line 0 1 … n−1 … 1, repeated.
    let period = count == 1 ? [0] : Array(0..<count) + (1..<count - 1).reversed()
    for index in -23...23 {
      let place = (index % period.count + period.count) % period.count
      #expect(mirrored(index, count) == period[place])
    }
  }
}

/// ((37 i + 11) mod 101) / 10.
func exampleValues(_ count: Int) -> [Float] {
  (0..<count).map { Float(Double(($0 * 37 + 11) % 101) / 10) }
}

/// Expects equal counts and elements that differ by at most `tolerance`.
func expectEqual(
  _ found: [Float], _ expected: [Float], within tolerance: Float,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.count == expected.count, sourceLocation: sourceLocation)
  for (index, pair) in zip(found, expected).enumerated()
  where !(abs(pair.0 - pair.1) <= tolerance) {
    Issue.record(
      "element \(index): \(pair.0), expected \(pair.1)", sourceLocation: sourceLocation)
    return
  }
}
