/// max(x, 0) + a · min(x, 0) with a slope a for each channel of [images, channels, pixels].
public struct ChannelRectifier: Sendable {
  private let planes: ChannelPlanes

  /// Prepares for [images, channels, pixels].
  public init(_ planes: ChannelPlanes) { self.planes = planes }

  /// output = input above 0, else slope · input.
  /// - Parameters:
  ///   - input: [images, channels, pixels].
  ///   - slopes: [channels].
  ///   - output: the shape of `input`, overwritten.
  public func forward(
    input: UnsafePointer<Float>, slopes: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    planes.inParallel { channel, start in
      let (source, target) = (input + start, output + start)
      let slope = slopes[channel]
      for i in 0..<planes.pixels { target[i] = source[i] > 0 ? source[i] : slope * source[i] }
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
    planes.inParallel { channel, start in
      let (x, g) = (input + start, outputGradient + start)
      let target = inputGradient + start
      let slope = slopes[channel]
      for i in 0..<planes.pixels { target[i] += x[i] > 0 ? g[i] : slope * g[i] }
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
    parallelFor(planes.channels) { channel in
      var sum = 0.0
      for image in 0..<planes.images {
        let start = (image * planes.channels + channel) * planes.pixels
        let (x, g) = (input + start, outputGradient + start)
        for i in 0..<planes.pixels { sum += Double(g[i]) * Double(min(x[i], 0)) }
      }
      slopeGradients[channel] += Float(sum)
    }
  }
}
