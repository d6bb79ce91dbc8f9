/// Max pooling over windows that lie inside the image and may overlap.
///
/// PyTorch's `max_pool2d` without padding.
public struct MaxPooling: Sendable {
  private let planes: Int
  private let rows: WindowAxis
  private let columns: WindowAxis

  /// Prepares the pooling of planes of pixels.
  /// - Parameters:
  ///   - planes: how many; N·C of images.
  ///   - rows: the row axis, without padding and of dilation 1; at least one window fits.
  ///   - columns: the column axis, likewise.
  public init(planes: Int, rows: WindowAxis, columns: WindowAxis) {
    self.planes = planes
    self.rows = rows
    self.columns = columns
  }

  /// Computes the maxima.
  /// - Parameters:
  ///   - input: [planes, H, W].
  ///   - output: [planes, H′, W′], overwritten.
  public func forward(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
    withParallelTasks(planes) { queue in
      let scratch = ScratchBuffer(count: columns.input)
      defer { withExtendedLifetime(scratch) {} }
      let maxima = scratch.pointer
      while let plane = queue.next() {
        for y in 0..<rows.output {
          let top = input + (plane * rows.input + y * rows.stride) * columns.input
          maxima.update(from: top, count: columns.input)
          for tap in 1..<max(rows.size, 1) {
            let row = top + tap * columns.input
            for x in 0..<columns.input { maxima[x] = larger(maxima[x], row[x]) }
          }
          let target = output + (plane * rows.output + y) * columns.output
          for x in 0..<columns.output {
            var maximum = maxima[x * columns.stride]
            for tap in 1..<max(columns.size, 1) {
              maximum = larger(maximum, maxima[x * columns.stride + tap])
            }
            target[x] = maximum
          }
        }
      }
    }
  }

  /// Adds each window's gradient to that of its first largest pixel, row by row.
  /// - Parameters:
  ///   - input: [planes, H, W].
  ///   - output: [planes, H′, W′], as `forward` left it.
  ///   - outputGradient: [planes, H′, W′].
  ///   - inputGradient: [planes, H, W], added to.
  public func backward(
    input: UnsafePointer<Float>, output: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
  ) {
    parallelFor(planes) { plane in
      for y in 0..<rows.output {
        let pooled = (plane * rows.output + y) * columns.output
        for x in 0..<columns.output {
          let corner =
            (plane * rows.input + y * rows.stride) * columns.input + x * columns.stride
          if let pixel = first(output[pooled + x], in: input + corner) {
            inputGradient[corner + pixel] += outputGradient[pooled + x]
          }
        }
      }
    }
  }

  /// How far from a window's first pixel the first one of value `maximum` lies.
  @inline(__always)
  private func first(_ maximum: Float, in window: UnsafePointer<Float>) -> Int? {
    for i in 0..<rows.size {
      for j in 0..<columns.size where window[i * columns.input + j] == maximum {
        return i * columns.input + j
      }
    }
    return nil
  }
}

/// The larger of two numbers; NaN if one is NaN, as in PyTorch's pooling.
@inline(__always)
func larger(_ a: Float, _ b: Float) -> Float { a > b || a.isNaN ? a : b }
