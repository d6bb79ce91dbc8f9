/// max(x, 0) + a · min(x, 0) with a slope a for each channel of [images, channels, pixels].
public struct ChannelRectifier: Sendable {
  private let images: Int
  private let channels: Int
  private let pixels: Int

  /// Prepares for [images, channels, pixels].
  public init(images: Int, channels: Int, pixels: Int) {
    self.images = images
    self.channels = channels
    self.pixels = pixels
  }

  /// output = input above 0, else slope · input.
  /// - Parameters:
  ///   - input: [images, channels, pixels].
  ///   - slopes: [channels].
  ///   - output: the shape of `input`, overwritten.
  public func forward(
    input: UnsafePointer<Float>, slopes: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    parallelFor(images * channels) { plane in
      let (source, target) = (input + plane * pixels, output + plane * pixels)
      let slope = slopes[plane % channels]
      for i in 0..<pixels { target[i] = source[i] > 0 ? source[i] : slope * source[i] }
    }
  }

  /// Adds the gradient g of the output, times 1 or the slope, to that of the input.
  /// - Parameters:
  ///   - input: what `forward` was given.
  ///   - slopes: [channels].
  ///   - outputGradient: g, the shape of `input`.
  ///   - inputGradient: the shape of `input`, added to.
  public func backwardInput(
    input: UnsafePointer<Float>, slopes: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
  ) {
    parallelFor(images * channels) { plane in
      let (x, g) = (input + plane * pixels, outputGradient + plane * pixels)
      let target = inputGradient + plane * pixels
      let slope = slopes[plane % channels]
      for i in 0..<pixels { target[i] += x[i] > 0 ? g[i] : slope * g[i] }
    }
  }

  /// ∂slope_c = Σ g · min(input, 0) over the images and pixels of channel c, in their order.
  /// - Parameters:
  ///   - input: what `forward` was given.
  ///   - outputGradient: g, the shape of `input`.
  ///   - slopeGradients: [channels], added to.
  public func backwardSlopes(
    input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    slopeGradients: UnsafeMutablePointer<Float>
  ) {
    parallelFor(channels) { channel in
      var sum = 0.0
      for image in 0..<images {
        let start = (image * channels + channel) * pixels
        let (x, g) = (input + start, outputGradient + start)
        for i in 0..<pixels { sum += Double(g[i]) * Double(min(x[i], 0)) }
      }
      slopeGradients[channel] += Float(sum)
    }
  }
}
