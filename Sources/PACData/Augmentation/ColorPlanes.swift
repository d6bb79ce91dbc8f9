import Foundation

/// An image in floating point: red, green and blue planes, 0…255.
public struct ColorPlanes: Sendable {
  /// The rows.
  public private(set) var height: Int
  /// The columns.
  public private(set) var width: Int
  /// The planes one after the other.
  public private(set) var values: [Float]

  /// H · W.
  public var pixels: Int { height * width }

  /// Takes over planes.
  public init(height: Int, width: Int, values: [Float]) {
    (self.height, self.width, self.values) = (height, width, values)
  }

  /// Converts an image of three channels.
  public init(_ image: ByteImage) {
    self.init(height: image.height, width: image.width, values: image.bytes.map(Float.init))
  }

  /// The plane of a color.
  public func plane(_ color: Int) -> ArraySlice<Float> {
    values[color * pixels..<(color + 1) * pixels]
  }

  /// Scales saturation (the distance from each pixel's grey value), brightness, and contrast (the
  /// distance from the mean grey value).
  public mutating func jitter(brightness: Float, contrast: Float, saturation: Float) {
    let count = pixels
    func grey(_ pixel: Int) -> Float {
      0.299 * values[pixel] + 0.587 * values[count + pixel] + 0.114 * values[2 * count + pixel]
    }
    let mean = Float((0..<count).reduce(0.0) { $0 + Double(grey($1)) } / Double(count)) * brightness
    for pixel in 0..<count {
      let own = grey(pixel)
      for channel in 0..<3 {
        let saturated = own + (values[channel * count + pixel] - own) * saturation
        let contrasted = mean + (saturated * brightness - mean) * contrast
        values[channel * count + pixel] = min(max(contrasted, 0), 255)
      }
    }
  }

  /// Convolves with a Gaussian of standard deviation `sigma` pixels, cut at 3 σ; beyond the edge
  /// its pixels are repeated.
  public mutating func blur(sigma: Float) {
    let reach = Int((3 * sigma).rounded(.up))
    let taps = (-reach...reach).map { exp(-Float($0 * $0) / (2 * sigma * sigma)) }
    let kernel = taps.map { $0 / taps.reduce(0, +) }
    values = (0..<3).flatMap { color in
      let rows = blurred(plane(color), kernel, count: width, step: 1)
      return blurred(rows[...], kernel, count: height, step: width)
    }
  }

  /// Turns and scales the image.
  /// - Parameters:
  ///   - turning: how.
  ///   - outside: red, green and blue of pixels from beyond the image; nil: those of the edge.
  public mutating func turn(_ turning: Turning, outside: [Float]? = nil) {
    values = (0..<3).flatMap { turning.bilinear(plane($0), outside: outside?[$0]) }
    (height, width) = (turning.height, turning.width)
  }

  /// Convolves a plane along an axis of `count` pixels that lie `step` apart.
  private func blurred(
    _ plane: ArraySlice<Float>, _ kernel: [Float], count: Int, step: Int
  ) -> [Float] {
    let (first, reach) = (plane.startIndex, kernel.count / 2)
    return (0..<pixels).map { pixel in
      let position = pixel / step % count
      var sum: Float = 0
      for tap in kernel.indices {
        let other = min(max(position + tap - reach, 0), count - 1)
        sum += kernel[tap] * plane[first + pixel + (other - position) * step]
      }
      return sum
    }
  }
}
