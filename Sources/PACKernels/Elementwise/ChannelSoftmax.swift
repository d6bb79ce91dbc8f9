import Foundation

/// Softmax over the channels of every pixel, and its logarithm.
///
/// softmax(x)_c = e^(x_c − m) / Σ_d e^(x_d − m) with m = max_d x_d, so that nothing overflows.
public struct ChannelSoftmax: Sendable {
  private let images: Int
  private let channels: Int
  private let pixels: Int
  /// Pixels of one task: their channels stay in the first-level cache between the passes, each of
  /// which runs along the pixels of one channel after another.
  private static let block = 256

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
    forEachBlock { start, count, scratch in
      let (most, sum) = (scratch, scratch + Self.block)
      largest(input + start, count, into: most)
      sum.update(repeating: 0, count: count)
      forEachVector(start, count) { i, at, lanes in
        let e = exponential(
          Vector(loading: input + at, count: lanes) - Vector(loading: most + i))
        e.store(to: output + at, count: lanes)
        (Vector(loading: sum + i) + e).store(to: sum + i)
      }
      for i in 0..<count { sum[i] = 1 / sum[i] }
      forEachVector(start, count) { i, at, lanes in
        (Vector(loading: output + at, count: lanes) * Vector(loading: sum + i))
          .store(to: output + at, count: lanes)
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
    forEachBlock { start, count, scratch in
      let (shift, sum) = (scratch, scratch + Self.block)
      largest(input + start, count, into: shift)
      sum.update(repeating: 0, count: count)
      forEachVector(start, count) { i, at, lanes in
        let e = exponential(
          Vector(loading: input + at, count: lanes) - Vector(loading: shift + i))
        (Vector(loading: sum + i) + e).store(to: sum + i)
      }
      for i in 0..<count { shift[i] += log(sum[i]) }
      forEachVector(start, count) { i, at, lanes in
        (Vector(loading: input + at, count: lanes) - Vector(loading: shift + i))
          .store(to: output + at, count: lanes)
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
    forEachBlock { start, count, mean in
      mean.update(repeating: 0, count: count)
      forEachVector(start, count) { i, at, lanes in
        Vector(loading: mean + i).adding(
          Vector(loading: output + at, count: lanes),
          times: Vector(loading: outputGradient + at, count: lanes)
        ).store(to: mean + i)
      }
      forEachVector(start, count) { i, at, lanes in
        Vector(loading: inputGradient + at, count: lanes).adding(
          Vector(loading: output + at, count: lanes),
          times: Vector(loading: outputGradient + at, count: lanes) - Vector(loading: mean + i)
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
    forEachBlock { start, count, sum in
      sum.update(repeating: 0, count: count)
      forEachVector(start, count) { i, at, lanes in
        (Vector(loading: sum + i) + Vector(loading: outputGradient + at, count: lanes))
          .store(to: sum + i)
      }
      forEachVector(start, count) { i, at, lanes in
        let share =
          exponential(Vector(loading: output + at, count: lanes)) * Vector(loading: sum + i)
        (Vector(loading: inputGradient + at, count: lanes)
          + Vector(loading: outputGradient + at, count: lanes) - share)
          .store(to: inputGradient + at, count: lanes)
      }
    }
  }

  /// The largest of each pixel's channels.
  @inline(__always)
  private func largest(
    _ input: UnsafePointer<Float>, _ count: Int, into most: UnsafeMutablePointer<Float>
  ) {
    most.update(repeating: -.infinity, count: count)
    forEachVector(0, count) { i, at, lanes in
      larger(Vector(loading: most + i), Vector(loading: input + at, count: lanes))
        .store(to: most + i)
    }
  }

  /// Calls `body` with every vector of a block of pixels, one channel after the other: its place in
  /// the block, its place in the whole, and how many pixels of the block remain from there.
  @inline(__always)
  private func forEachVector(_ start: Int, _ count: Int, _ body: (Int, Int, Int) -> Void) {
    for channel in 0..<channels {
      PACKernels.forEachVector(count) { i, lanes in body(i, start + channel * pixels + i, lanes) }
    }
  }

  /// Calls `body` with the position of a block's first pixel in channel 0, the number of its
  /// pixels, and scratch memory for two numbers a pixel, in whole vectors.
  @inline(__always)
  private func forEachBlock(_ body: (Int, Int, UnsafeMutablePointer<Float>) -> Void) {
    let blocks = (pixels + Self.block - 1) / Self.block
    withParallelTasks(images * blocks) { queue in
      let scratch = ScratchBuffer(zeros: 2 * Self.block)
      while let task = queue.next() {
        let first = task % blocks * Self.block
        body(
          task / blocks * channels * pixels + first, min(Self.block, pixels - first),
          scratch.pointer)
      }
    }
  }
}
