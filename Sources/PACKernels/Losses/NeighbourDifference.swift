/// Differences between neighbours in [planes, height, width], side by side and one above the other,
/// where both count.
public struct NeighbourDifference: Sendable {
  private let images: Int
  private let channels: Int
  private let height: Int
  private let width: Int
  private var pixels: Int { height * width }

  /// Prepares differences of [images, channels, height, width].
  public init(images: Int, channels: Int, height: Int, width: Int) {
    self.images = images
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// Σ |difference| over the pairs of one direction, and how many pairs there are.
  public typealias Sum = (size: Double, pairs: Int)

  /// Adds up differences in the order of the elements.
  /// - Parameters:
  ///   - values: [images, channels, height, width].
  ///   - mask: [images, height, width], 0 where a pixel does not count; nil if all do.
  /// - Returns: the sums over pairs side by side, and over those one above the other.
  public func forward(
    _ values: UnsafePointer<Float>, mask: UnsafePointer<Float>?
  ) -> (horizontal: Sum, vertical: Sum) {
    var (horizontal, vertical): (Sum, Sum) = ((0, 0), (0, 0))
    for plane in 0..<images * channels {
      let (own, mask) = planes(plane, values, mask)
      for pixel in 0..<pixels where counts(pixel, mask) {
        let next = pixel + 1
        if next % width != 0, counts(next, mask) {
          horizontal.size += (Double(own[next]) - Double(own[pixel])).magnitude
          horizontal.pairs += 1
        }
        let below = pixel + width
        if below < pixels, counts(below, mask) {
          vertical.size += (Double(own[below]) - Double(own[pixel])).magnitude
          vertical.pairs += 1
        }
      }
    }
    return (horizontal, vertical)
  }

  /// gradient = Σ over a pixel's pairs of ± factor, by the sign of the difference; 0 of equal ones.
  /// - Parameters:
  ///   - values: as in `forward`.
  ///   - mask: as in `forward`.
  ///   - horizontal: the factor of pairs side by side.
  ///   - vertical: that of pairs one above the other.
  ///   - gradient: the shape of the values, overwritten.
  public func backward(
    _ values: UnsafePointer<Float>, mask: UnsafePointer<Float>?, horizontal: Float,
    vertical: Float, into gradient: UnsafeMutablePointer<Float>
  ) {
    parallelFor(images * channels) { plane in
      let (own, mask) = planes(plane, values, mask)
      func sign(_ pixel: Int, _ other: Int) -> Float {
        guard counts(other, mask), own[pixel] != own[other] else { return 0 }
        return own[pixel] > own[other] ? 1 : -1
      }
      for pixel in 0..<pixels {
        var sum: Float = 0
        if counts(pixel, mask) {
          let column = pixel % width
          if column > 0 { sum += horizontal * sign(pixel, pixel - 1) }
          if column < width - 1 { sum += horizontal * sign(pixel, pixel + 1) }
          if pixel >= width { sum += vertical * sign(pixel, pixel - width) }
          if pixel + width < pixels { sum += vertical * sign(pixel, pixel + width) }
        }
        gradient[plane * pixels + pixel] = sum
      }
    }
  }

  private func planes(
    _ plane: Int, _ values: UnsafePointer<Float>, _ mask: UnsafePointer<Float>?
  ) -> (UnsafePointer<Float>, UnsafePointer<Float>?) {
    (values + plane * pixels, mask.map { $0 + plane / channels * pixels })
  }

  private func counts(_ pixel: Int, _ mask: UnsafePointer<Float>?) -> Bool {
    mask.map { $0[pixel] != 0 } ?? true
  }
}
