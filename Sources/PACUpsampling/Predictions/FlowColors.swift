import Foundation

/// Colours for optical flow by the wheel of the Middlebury benchmark: the hue tells the direction,
/// paleness that a vector is short.
///
/// Baker, Scharstein, Lewis, Roth, Black and Szeliski, *A Database and Evaluation Methodology for
/// Optical Flow*, IJCV 2011. The wheel has 55 colours; between its six pure ones the steps are as
/// many as the eye tells apart. Zero is white, full colours stand for vectors of length `radius`;
/// longer ones are darkened.
struct FlowColors {
  /// The length that gets full colours; above 0.
  let radius: Float

  /// The pure colours and their places on the wheel, red again at the end.
  private static let wheel: [(place: Float, color: Color)] = [
    (0, Color(255, 0, 0)), (15, Color(255, 255, 0)), (21, Color(0, 255, 0)),
    (25, Color(0, 255, 255)), (36, Color(0, 0, 255)), (49, Color(255, 0, 255)),
    (55, Color(255, 0, 0)),
  ]
  private static let lastPlace: Float = 54
  private static let white = Color(255, 255, 255)
  private static let darkening: Float = 0.75

  /// The colour of a vector.
  /// - Parameters:
  ///   - horizontal: its component to the right.
  ///   - vertical: its component downwards.
  /// - Returns: the colour.
  func color(_ horizontal: Float, _ vertical: Float) -> Color {
    let length = (horizontal * horizontal + vertical * vertical).squareRoot() / radius
    let pure = Self.hue(horizontal, vertical)
    return length <= 1 ? Self.white - length * (Self.white - pure) : pure * Self.darkening
  }

  /// The colour of a direction: red to the right, then clockwise by yellow, green, cyan, blue and
  /// magenta.
  private static func hue(_ horizontal: Float, _ vertical: Float) -> Color {
    // From −π, to the right, clockwise to π, to the right again.
    let angle = atan2(vertical == 0 ? -0.0 : -vertical, -horizontal)
    // Rounding may lead a little beyond both ends.
    let place = min(max((angle / .pi + 1) / 2, 0), 1) * lastPlace
    let next = wheel.firstIndex { $0.place > place } ?? wheel.count - 1
    let (from, to) = (wheel[next - 1], wheel[next])
    let share = (place - from.place) / (to.place - from.place)
    return from.color * (1 - share) + to.color * share
  }
}
