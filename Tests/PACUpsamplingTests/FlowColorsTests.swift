import Foundation
import PACData
import Testing

@testable import PACUpsampling

@Suite struct FlowColorsTests {
  /// Colours of the benchmark's wheel at its own places: entry i stands for the angle 2π · i / 54 −
  /// π.
  @Test(
    arguments: [
      (0, [255, 0, 0]), (5, [255, 85, 0]), (15, [255, 255, 0]), (18, [127.5, 255, 0]),
      (21, [0, 255, 0]), (23, [0, 255, 127.5]), (25, [0, 255, 255]), (36, [0, 0, 255]),
      (49, [255, 0, 255]), (52, [255, 0, 127.5]),
    ] as [(Int, [Float])])
  func wheel(_ place: Int, _ expected: [Float]) {
    let angle = 2 * Double.pi * Double(place) / 54
    let colors = FlowColors(radius: 3)
    let full = colors.color(Float(3 * cos(angle)), Float(3 * sin(angle)) * 0.99999)
    let half = colors.color(Float(1.5 * cos(angle)), Float(1.5 * sin(angle)))
    let beyond = colors.color(Float(30 * cos(angle)), Float(30 * sin(angle)))
    for channel in 0..<3 {
      #expect(abs(full[channel] - expected[channel]) < 0.1, "\(full)")
      #expect(abs(half[channel] - (255 + expected[channel]) / 2) < 0.1, "\(half)")
      #expect(abs(beyond[channel] - expected[channel] * 0.75) < 0.1, "\(beyond)")
    }
  }

  @Test func directions() {
    let colors = FlowColors(radius: 1)
    #expect(colors.color(0, 0) == Color(255, 255, 255))
    #expect(colors.color(1, 0) == Color(255, 0, 0))
    // Zero with a minus is zero, too.
    #expect(colors.color(1, -0.0) == Color(255, 0, 0))
    #expect(abs(colors.color(0, 1)[1] - 229.5) < 0.01)  // place 13.5 of the 15 to yellow
    #expect(colors.color(0, 1)[0] == 255 && colors.color(0, 1)[2] == 0)
    #expect(abs(colors.color(-1, 0)[1] - 255 * 9 / 11) < 0.01)  // place 27: cyan at 25, blue at 36
    #expect(colors.color(-1, 0)[2] == 255)
    #expect(abs(colors.color(0, -1)[0] - 255 * 4.5 / 13) < 0.01)  // place 40.5
  }
}
