/// Divides every channel of [images, channels, pixels] by a number of its own.
public struct ChannelDivision: Sendable {
  private let planes: ChannelPlanes

  /// Prepares the division of [images, channels, pixels].
  public init(_ planes: ChannelPlanes) { self.planes = planes }

  /// output = input / divisor.
  /// - Parameters:
  ///   - input: [images, channels, pixels].
  ///   - divisors: [channels].
  ///   - output: the shape of `input`, overwritten.
  public func forward(
    input: UnsafePointer<Float>, divisors: [Float], output: UnsafeMutablePointer<Float>
  ) {
    planes.inParallel { channel, start in
      let (source, target) = (input + start, output + start)
      let divisor = divisors[channel]
      for i in 0..<planes.pixels { target[i] = source[i] / divisor }
    }
  }

  /// ∂input = g / divisor, added to `inputGradient`.
  public func backwardInput(
    outputGradient: UnsafePointer<Float>, divisors: [Float],
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    planes.inParallel { channel, start in
      let (source, target) = (outputGradient + start, inputGradient + start)
      let divisor = divisors[channel]
      for i in 0..<planes.pixels { target[i] += source[i] / divisor }
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
    var sums = [Double](repeating: 0, count: planes.channels)
    for plane in 0..<planes.images * planes.channels {
      let start = plane * planes.pixels
      sums[plane % planes.channels] += innerProduct(
        output + start, outputGradient + start, count: planes.pixels)
    }
    return zip(sums, divisors).map { Float(-$0 / Double($1)) }
  }
}
