/// √(d² + ε²) of differences, a smooth |d|; ε = 0 gives |d| itself.
public struct AbsoluteDifference: Sendable {
  private let images: Int
  private let channels: Int
  private let pixels: Int
  private let epsilon: Double

  /// Prepares differences of [images, channels, pixels].
  public init(images: Int, channels: Int, pixels: Int, epsilon: Float) {
    self.images = images
    self.channels = channels
    self.pixels = pixels
    self.epsilon = Double(epsilon)
  }

  /// Adds up √(d² + ε²) in the order of the elements.
  /// - Parameters:
  ///   - difference: d, [images, channels, pixels].
  ///   - mask: [images, pixels], 0 where a pixel does not count; nil if all do.
  /// - Returns: the sum.
  public func forward(_ difference: UnsafePointer<Float>, mask: UnsafePointer<Float>?) -> Double {
    var sum = 0.0
    for plane in 0..<images * channels {
      let own = mask.map { $0 + plane / channels * pixels }
      for pixel in 0..<pixels where own.map({ $0[pixel] != 0 }) ?? true {
        sum += length(difference[plane * pixels + pixel])
      }
    }
    return sum
  }

  /// gradient = factor · d / √(d² + ε²), 0 where the root, which has no derivative there, is 0.
  public func backward(
    _ difference: UnsafePointer<Float>, by factor: Float, into gradient: UnsafeMutablePointer<Float>
  ) {
    parallelFor(images * channels) { plane in
      for i in plane * pixels..<(plane + 1) * pixels {
        let length = length(difference[i])
        gradient[i] = length == 0 ? 0 : Float(Double(difference[i]) / length) * factor
      }
    }
  }

  private func length(_ difference: Float) -> Double {
    let d = Double(difference)
    return epsilon == 0 ? d.magnitude : (d * d + epsilon * epsilon).squareRoot()
  }
}
