/// scale · x + offset with numbers of its own for every channel of [images, channels, pixels].
public struct ChannelMap: Sendable {
  private let images: Int
  private let channels: Int
  private let pixels: Int

  /// Prepares the map of [images, channels, pixels].
  public init(images: Int, channels: Int, pixels: Int) {
    self.images = images
    self.channels = channels
    self.pixels = pixels
  }

  /// output = scale · input + offset.
  /// - Parameters:
  ///   - input: [images, channels, pixels].
  ///   - scale: [channels].
  ///   - offset: [channels].
  ///   - output: the shape of `input`, overwritten.
  public func forward(
    input: UnsafePointer<Float>, scale: [Float], offset: [Float],
    output: UnsafeMutablePointer<Float>
  ) {
    parallelFor(images * channels) { plane in
      let (source, target) = (input + plane * pixels, output + plane * pixels)
      let (factor, addend) = (scale[plane % channels], offset[plane % channels])
      for i in 0..<pixels { target[i] = source[i] * factor + addend }
    }
  }

  /// ∂input = scale · g, added to `inputGradient`.
  public func backward(
    outputGradient: UnsafePointer<Float>, scale: [Float],
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    parallelFor(images * channels) { plane in
      let (source, target) = (outputGradient + plane * pixels, inputGradient + plane * pixels)
      let factor = scale[plane % channels]
      for i in 0..<pixels { target[i] += source[i] * factor }
    }
  }
}
