/// Which pixels each output pixel reads along one axis, and how much each of them counts.
public struct AxisTaps: Sendable {
  /// The input's extent.
  let input: Int
  /// The output's extent.
  let output: Int
  /// How many pixels an output pixel reads.
  let size: Int
  /// The pixels read, [output, size].
  let pixels: [Int]
  /// Their weights, [output, size].
  let weights: [Float]

  /// Which pixel is read in place of one beyond the border.
  public enum Border: Sendable {
    /// The nearest one.
    case nearest
    /// The image is mirrored at its edge: the outermost pixel is its own neighbour.
    case mirrored

    func pixel(_ position: Int, of extent: Int) -> Int {
      switch self {
      case .nearest: return min(max(position, 0), extent - 1)
      case .mirrored:
        let period = 2 * extent
        let place = (position % period + period) % period
        return place < extent ? place : period - 1 - place
      }
    }
  }

  /// Makes taps that read consecutive pixels.
  /// - Parameters:
  ///   - input: the input's extent.
  ///   - output: the output's extent.
  ///   - border: what is read beyond the input's ends.
  ///   - taps: the first pixel that an output pixel reads, which may lie beyond the border, and the
  ///     weights of it and of those that follow; as many weights for every output pixel.
  private init(
    input: Int, output: Int, border: Border, taps: (Int) -> (first: Int, weights: [Float])
  ) {
    let all = (0..<output).map(taps)
    self.input = input
    self.output = output
    size = all.first?.weights.count ?? 0
    pixels = all.flatMap { first, weights in
      weights.indices.map { border.pixel(first + $0, of: input) }
    }
    weights = all.flatMap(\.weights)
  }

  /// Cubic interpolation by a factor, at half-pixel centers.
  ///
  /// Keys, *Cubic Convolution Interpolation for Digital Image Processing*, IEEE Transactions on
  /// Acoustics, Speech, and Signal Processing 29(6), 1981: an output pixel at s, in pixels of the
  /// input, is Σⱼ u(s − j) xⱼ over the four nearest j, with
  ///
  /// - u(d) = 3/2 |d|³ − 5/2 |d|² + 1 for |d| ≤ 1,
  /// - u(d) = −1/2 |d|³ + 5/2 |d|² − 4 |d| + 2 for 1 < |d| < 2.
  public static func cubic(input: Int, factor: Int, border: Border) -> AxisTaps {
    func u(_ distance: Double) -> Double {
      let d = abs(distance)
      if d <= 1 { return (1.5 * d - 2.5) * d * d + 1 }
      return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0
    }
    return AxisTaps(input: input, output: input * factor, border: border) { pixel in
      // The same numbers for every input pixel.
      let (whole, phase) = pixel.quotientAndRemainder(dividingBy: factor)
      let offset = (Double(phase) + 0.5) / Double(factor) - 0.5
      let first = Int(offset.rounded(.down)) - 1
      return (whole + first, (0..<4).map { Float(u(offset - Double(first + $0))) })
    }
  }

  /// The mean of `size` pixels around each, the outermost ones repeated beyond the border.
  public static func mean(input: Int, size: Int) -> AxisTaps {
    AxisTaps(input: input, output: input, border: .nearest) { pixel in
      (pixel - size / 2, [Float](repeating: 1 / Float(size), count: size))
    }
  }

  /// The pixels themselves, the outermost ones repeated `before` times in front and `after` times
  /// behind.
  public static func extended(input: Int, before: Int, after: Int) -> AxisTaps {
    AxisTaps(input: input, output: before + input + after, border: .nearest) { ($0 - before, [1]) }
  }
}
