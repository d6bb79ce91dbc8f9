/// Maps every image of [images, pixels] to [0, 1] by its own smallest and largest value.
///
/// y = (x − min) / (max − min); 0 where all values of an image are equal.
public struct RangeMap: Sendable {
  private let images: Int
  private let pixels: Int

  /// Where an image's extremes lie, of equal ones the first, and how far apart they are.
  public struct Extremes: Sendable {
    let smallest: Int
    let largest: Int
    /// max − min.
    let range: Float
  }

  /// Prepares for [images, pixels], at least one pixel each.
  public init(images: Int, pixels: Int) {
    self.images = images
    self.pixels = pixels
  }

  /// The extremes of every image.
  /// - Parameter input: x, [images, pixels].
  /// - Returns: one for each image.
  public func extremes(_ input: UnsafePointer<Float>) -> [Extremes] {
    (0..<images).map { image in
      let x = input + image * pixels
      var (smallest, largest) = (0, 0)
      for i in 1..<max(pixels, 1) {
        if x[i] < x[smallest] { smallest = i }
        if x[i] > x[largest] { largest = i }
      }
      return Extremes(smallest: smallest, largest: largest, range: x[largest] - x[smallest])
    }
  }

  /// Maps to [0, 1].
  /// - Parameters:
  ///   - input: x, [images, pixels].
  ///   - extremes: those of the input.
  ///   - output: y, the shape of `input`, overwritten.
  public func forward(
    input: UnsafePointer<Float>, extremes: [Extremes], output: UnsafeMutablePointer<Float>
  ) {
    for (image, extremes) in extremes.enumerated() {
      let (x, y) = (input + image * pixels, output + image * pixels)
      let (least, divisor) = (x[extremes.smallest], extremes.range > 0 ? extremes.range : 1)
      forEachElementwiseBlock(pixels) { range in
        for i in range { y[i] = (x[i] - least) / divisor }
      }
    }
  }

  /// Adds the gradient of the input: g / (max − min), and for the extremes that of min and max.
  ///
  /// An image of equal values has none.
  /// - Parameters:
  ///   - output: y, as `forward` left it.
  ///   - extremes: those of the input.
  ///   - outputGradient: g, [images, pixels].
  ///   - inputGradient: the same shape, added to.
  public func backward(
    output: UnsafePointer<Float>, extremes: [Extremes], outputGradient: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    for (image, extremes) in extremes.enumerated() where extremes.range > 0 {
      let start = image * pixels
      let (y, g, dx) = (output + start, outputGradient + start, inputGradient + start)
      // Σ g y moves max, Σ g (1 − y) moves min.
      var (ofLargest, all) = (0.0, 0.0)
      for i in 0..<pixels {
        dx[i] += g[i] / extremes.range
        ofLargest += Double(g[i]) * Double(y[i])
        all += Double(g[i])
      }
      dx[extremes.largest] -= Float(ofLargest) / extremes.range
      dx[extremes.smallest] -= Float(all - ofLargest) / extremes.range
    }
  }
}
