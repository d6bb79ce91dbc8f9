import Foundation
import PACData
import Testing

@testable import PACUpsampling

@Suite struct ColorMapTests {
  /// CIE L* of a colour of the standard display.
  private func lightness(_ color: Color) -> Double {
    let linear = (0..<3).map { channel in
      let value = Double(color[channel]) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    let luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return luminance > 0.008856 ? 116 * cbrt(luminance) - 16 : 903.3 * luminance
  }

  @Test func lightnessRisesByEqualSteps() {
    for (map, first, last) in [(ColorMap.depth, 12.0, 92.0), (.error, 0, 95)] {
      for step in 0...8 {
        let number = Float(step) / 8
        let expected = first + (last - first) * Double(number)
        #expect(abs(lightness(map.color(number)) - expected) < 1.2, "\(map) at \(number)")
      }
      let fine = (0...400).map { lightness(map.color(Float($0) / 400)) }
      #expect(zip(fine, fine.dropFirst()).allSatisfy { $0 < $1 })
    }
  }

  @Test func endsAndBetween() {
    #expect(ColorMap.depth.color(-1) == Color(41, 9, 91))
    #expect(ColorMap.depth.color(0) == Color(41, 9, 91))
    #expect(ColorMap.depth.color(1) == Color(251, 234, 126))
    #expect(ColorMap.depth.color(7) == Color(251, 234, 126))
    #expect(ColorMap.depth.color(0.0625) == Color(32.5, 28, 104))
  }
}
