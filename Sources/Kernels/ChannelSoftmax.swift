import Foundation

/// Softmax over the channels of every pixel, and its logarithm.
///
/// softmax(x)_c = e^(x_c − m) / Σ_d e^(x_d − m) with m = max_d x_d, so that nothing overflows.
public struct ChannelSoftmax {
  private let images: Int
  private let channels: Int
  private let pixels: Int
  /// Pixels of one task: their channels stay in cache between the passes.
  private static let block = 512

  /// Prepares the softmax of [images, channels, pixels].
  public init(images: Int, channels: Int, pixels: Int) {
    self.images = images
    self.channels = channels
    self.pixels = pixels
  }

  /// output = softmax(input).
  /// - Parameters:
  ///   - input: [images, channels, pixels].
  ///   - output: the same shape, overwritten; not `input`.
  public func forward(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
    forEachVectorOfPixels { start, lanes in
      let sum = exponentials(input + start, lanes, into: output + start)
      for channel in 0..<channels {
        let at = output + start + channel * pixels
        (Vector(loading: at, count: lanes) / sum).store(to: at, count: lanes)
      }
    }
  }

  /// output = log(softmax(input)).
  /// - Parameters:
  ///   - input: [images, channels, pixels].
  ///   - output: the same shape, overwritten; not `input`.
  public func forwardLogarithm(
    input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    forEachVectorOfPixels { start, lanes in
      let sum = exponentials(input + start, lanes, into: output + start)
      var shift = largest(input + start, lanes)
      for lane in 0..<lanes { shift[lane] += log(sum[lane]) }
      for channel in 0..<channels {
        let at = start + channel * pixels
        (Vector(loading: input + at, count: lanes) - shift).store(to: output + at, count: lanes)
      }
    }
  }

  /// ∂x_c = q_c (g_c − Σ_d g_d q_d).
  /// - Parameters:
  ///   - output: q, as `forward` computed it.
  ///   - outputGradient: g.
  ///   - inputGradient: added to.
  public func backward(
    output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    forEachVectorOfPixels { start, lanes in
      var mean = Vector.zero
      for channel in 0..<channels {
        let at = start + channel * pixels
        mean = mean.adding(
          Vector(loading: output + at, count: lanes),
          times: Vector(loading: outputGradient + at, count: lanes))
      }
      for channel in 0..<channels {
        let at = start + channel * pixels
        Vector(loading: inputGradient + at, count: lanes).adding(
          Vector(loading: output + at, count: lanes),
          times: Vector(loading: outputGradient + at, count: lanes) - mean
        ).store(to: inputGradient + at, count: lanes)
      }
    }
  }

  /// ∂x_c = g_c − e^(y_c) Σ_d g_d.
  /// - Parameters:
  ///   - output: y, as `forwardLogarithm` computed it.
  ///   - outputGradient: g.
  ///   - inputGradient: added to.
  public func backwardLogarithm(
    output: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    forEachVectorOfPixels { start, lanes in
      var sum = Vector.zero
      for channel in 0..<channels {
        sum += Vector(loading: outputGradient + start + channel * pixels, count: lanes)
      }
      for channel in 0..<channels {
        let at = start + channel * pixels
        let share = exponential(Vector(loading: output + at, count: lanes)) * sum
        (Vector(loading: inputGradient + at, count: lanes)
          + Vector(loading: outputGradient + at, count: lanes) - share)
          .store(to: inputGradient + at, count: lanes)
      }
    }
  }

  /// Writes e^(x − m) and returns its sum over the channels.
  @inline(__always)
  private func exponentials(
    _ input: UnsafePointer<Float>, _ lanes: Int, into output: UnsafeMutablePointer<Float>
  ) -> Vector {
    let most = largest(input, lanes)
    var sum = Vector.zero
    for channel in 0..<channels {
      let at = channel * pixels
      let e = exponential(Vector(loading: input + at, count: lanes) - most)
      e.store(to: output + at, count: lanes)
      sum += e
    }
    return sum
  }

  @inline(__always)
  private func largest(_ input: UnsafePointer<Float>, _ lanes: Int) -> Vector {
    var most = Vector(loading: input, count: lanes)
    for channel in 1..<max(channels, 1) {
      most = pointwiseMax(most, Vector(loading: input + channel * pixels, count: lanes))
    }
    return most
  }

  /// Calls `body` with the position of channel 0 of sixteen neighbouring pixels, or of the rest of them.
  @inline(__always)
  private func forEachVectorOfPixels(_ body: (Int, Int) -> Void) {
    let blocks = (pixels + Self.block - 1) / Self.block
    parallelFor(images * blocks) { task in
      let first = task % blocks * Self.block
      let image = task / blocks * channels * pixels
      forEachVector(min(Self.block, pixels - first)) { start, lanes in
        body(image + first + start, lanes)
      }
    }
  }
}
