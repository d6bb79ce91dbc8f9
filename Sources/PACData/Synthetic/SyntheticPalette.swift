import Foundation
import PACTensors

/// Makes textures whose colours differ from object to object.
struct SyntheticPalette {
  /// The hue of the next texture, in turns.
  var hue: Double

  /// The next texture.
  ///
  /// Hues advance by the golden ratio, so that neighbours differ and none is used twice. Most
  /// patterns vary the lightness of one hue; some mix two, so that colour alone does not tell
  /// objects apart.
  mutating func texture(
    size: Double, isVivid: Bool, using random: inout CounterRandom
  ) -> SyntheticTexture {
    let saturation = isVivid ? random.uniform(0.45..<0.95) : random.uniform(0.08..<0.4)
    let value = random.uniform(0.35..<1)
    let secondHue = random.uniform() < 0.25 ? hue + random.uniform(0.2..<0.8) : hue
    let secondValue = value > 0.65 ? value * random.uniform(0.45..<0.8) : value + 0.25
    let angle = random.uniform(0 ..< .pi)
    let patterns = SyntheticTexture.Pattern.allCases
    let texture = SyntheticTexture(
      pattern: patterns[random.integer(below: patterns.count)],
      period: size * random.uniform(0.25..<0.7), axis: SIMD2(cos(angle), sin(angle)),
      first: colour(hue: hue, saturation: saturation, value: value),
      second: colour(hue: secondHue, saturation: saturation * 0.8, value: secondValue),
      seed: random.nextWord())
    hue += 0.618_034
    return texture
  }
}

/// RGB of a hue in turns, and a saturation and a value in [0, 1].
private func colour(hue: Double, saturation: Double, value: Double) -> Vector {
  let sector = (hue - hue.rounded(.down)) * 6
  func channel(_ offset: Double) -> Double {
    let phase = (offset + sector).truncatingRemainder(dividingBy: 6)
    return value - value * saturation * max(0, min(phase, 4 - phase, 1))
  }
  return Vector(channel(5), channel(3), channel(1))
}
