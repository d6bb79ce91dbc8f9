/// Red, green and blue, 0 to 255.
typealias Color = SIMD3<Float>

/// Colours for the numbers 0 to 1, interpolated between evenly spaced anchors.
///
/// Lightness, CIE L*, rises by equal steps from anchor to anchor, so that equal differences look
/// alike, and a picture printed in grey keeps its order.
struct ColorMap {
  private let anchors: [Color]

  /// Violet for the smallest numbers over blue and green to yellow for the largest; L* = 12, 22, …
  /// 92.
  ///
  /// The hue turns from 310° to 98° of CIE LCh at the chroma that the display still has there.
  static let depth = ColorMap(anchors: [
    Color(41, 9, 91), Color(24, 47, 117), Color(31, 76, 129), Color(39, 105, 139),
    Color(45, 135, 150), Color(54, 166, 153), Color(72, 198, 133), Color(169, 219, 119),
    Color(251, 234, 126),
  ])

  /// Black for no error over red and orange to a pale yellow; L* = 0, 12, … 95.
  static let error = ColorMap(anchors: [
    Color(0, 0, 0), Color(60, 17, 22), Color(116, 13, 36), Color(161, 32, 41), Color(205, 57, 39),
    Color(224, 109, 35), Color(237, 157, 43), Color(241, 202, 116), Color(251, 242, 191),
  ])

  /// The colour of a number, which is clamped to 0 … 1.
  func color(_ number: Float) -> Color {
    let place = min(max(number, 0), 1) * Float(anchors.count - 1)
    let index = min(Int(place), anchors.count - 2)
    let share = place - Float(index)
    return anchors[index] * (1 - share) + anchors[index + 1] * share
  }
}
