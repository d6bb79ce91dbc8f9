/// scale · x + offset with numbers of its own for every channel of [images, channels, pixels].
public struct ChannelMap: Sendable {
  private let planes: ChannelPlanes

  /// Prepares the map of [images, channels, pixels].
  public init(_ planes: ChannelPlanes) { self.planes = planes }

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
    planes.inParallel { channel, start in
      let (source, target) = (input + start, output + start)
      let (factor, addend) = (scale[channel], offset[channel])
      for i in 0..<planes.pixels { target[i] = source[i] * factor + addend }
    }
  }

  /// ∂input = scale · g, added to `inputGradient`.
  public func backward(
    outputGradient: UnsafePointer<Float>, scale: [Float],
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    planes.inParallel { channel, start in
      let (source, target) = (outputGradient + start, inputGradient + start)
      let factor = scale[channel]
      for i in 0..<planes.pixels { target[i] += source[i] * factor }
    }
  }
}
