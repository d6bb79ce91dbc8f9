/// Divides every channel of [images, channels, pixels] by a number of its own.
public struct ChannelDivision: Sendable {
  private let images: Int
  private let channels: Int
  private let pixels: Int

  /// Prepares the division of [images, channels, pixels].
  public init(images: Int, channels: Int, pixels: Int) {
    self.images = images
    self.channels = channels
    self.pixels = pixels
  }

  /// output = input / divisor.
  /// - Parameters:
  ///   - input: [images, channels, pixels].
  ///   - divisors: [channels].
  ///   - output: the shape of `input`, overwritten.
  public func forward(
    input: UnsafePointer<Float>, divisors: [Float], output: UnsafeMutablePointer<Float>
  ) {
    parallelFor(images * channels) { plane in
      let (source, target) = (input + plane * pixels, output + plane * pixels)
      let divisor = divisors[plane % channels]
      for i in 0..<pixels { target[i] = source[i] / divisor }
    }
  }

  /// ∂input = g / divisor, added to `inputGradient`.
  public func backwardInput(
    outputGradient: UnsafePointer<Float>, divisors: [Float],
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    parallelFor(images * channels) { plane in
      let (source, target) = (outputGradient + plane * pixels, inputGradient + plane * pixels)
      let divisor = divisors[plane % channels]
      for i in 0..<pixels { target[i] += source[i] / divisor }
    }
  }

  /// ∂divisor_c = −Σ g · output / divisor_c over the images and pixels of channel c.
  /// - Parameters:
  ///   - output: what `forward` computed.
  ///   - outputGradient: g.
  ///   - divisors: [channels].
  /// - Returns: [channels].
  public func divisorGradients(
    output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>, divisors: [Float]
  ) -> [Float] {
    var sums = [Double](repeating: 0, count: channels)
    for plane in 0..<images * channels {
      sums[plane % channels] += innerProduct(
        output + plane * pixels, outputGradient + plane * pixels, count: pixels)
    }
    return zip(sums, divisors).map { Float(-$0 / Double($1)) }
  }
}
