import Foundation
import Testing

@testable import PACKernels

/// The loop over runs against the mean written out in double precision, tap by tap.
@Suite struct JointBilateralTests {
  struct Sizes {
    var low: (height: Int, width: Int)
    var factor: Int
    var window: Int
    var colour: Float
    var space: Float
  }

  static let cases = [
    Sizes(low: (1, 1), factor: 2, window: 3, colour: 1, space: 0.5),
    Sizes(low: (3, 4), factor: 1, window: 1, colour: 3, space: 1),
    Sizes(low: (4, 7), factor: 3, window: 3, colour: 2, space: 0.3),
    Sizes(low: (5, 6), factor: 4, window: 9, colour: 3, space: 0.25),
    Sizes(low: (3, 5), factor: 8, window: 17, colour: 0.5, space: 0.1),
    Sizes(low: (3, 3), factor: 8, window: 33, colour: 8, space: 0.02),
    Sizes(low: (2, 3), factor: 16, window: 63, colour: 4, space: 0.05),
    // Every weight is below the smallest number of single precision.
    Sizes(low: (4, 5), factor: 4, window: 7, colour: 500, space: 0.1),
  ]

  @Test(arguments: cases)
  func equalsTheMean(_ sizes: Sizes) {
    let (h, w, factor) = (sizes.low.height, sizes.low.width, sizes.factor)
    let (height, width) = (h * factor, w * factor)
    var generator = Numbers(state: UInt64(height * 31 + sizes.window))
    let low = (0..<h * w).map { _ in generator.next() }
    let guide = (0..<3 * height * width).map { _ in generator.next() }
    var output = [Float](repeating: .nan, count: height * width)
    JointBilateral(
      height: h, width: w, factor: factor, windowSize: sizes.window, colorScale: sizes.colour,
      spaceScale: sizes.space
    ).forward(low: low, guide: guide, output: &output)
    // A pixel lies at the middle of its block, the upper left one of the middle four.
    let middle = (factor - 1) / 2
    for y in 0..<height {
      for x in 0..<width {
        var (sum, weights) = (0.0, 0.0)
        for pixel in 0..<h * w {
          let (v, u) = (pixel / w * factor + middle, pixel % w * factor + middle)
          if max(abs(v - y), abs(u - x)) > sizes.window / 2 { continue }
          let positions = Double((v - y) * (v - y) + (u - x) * (u - x))
          let colours = (0..<3).reduce(0.0) { total, channel in
            let plane = channel * height * width
            let d = Double(guide[plane + v * width + u]) - Double(guide[plane + y * width + x])
            return total + d * d
          }
          let (c, s) = (Double(sizes.colour), Double(sizes.space))
          let weight = exp(-0.5 * (c * c * colours + s * s * positions))
          sum += weight * Double(low[pixel])
          weights += weight
        }
        // Beyond what double precision holds there is nothing to compare with.
        if weights > 1e-300 {
          let error = abs(Double(output[y * width + x]) - sum / weights)
          #expect(error < (sizes.colour > 100 ? 5e-3 : 1e-4))
        }
      }
    }
    #expect(output.allSatisfy { (0...1).contains($0) })
  }
}

/// Numbers in 0 ..< 1, the same in every run.
private struct Numbers {
  var state: UInt64

  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(state >> 40) / Float(1 << 24)
  }
}
