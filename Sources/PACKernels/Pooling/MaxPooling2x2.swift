/// Max pooling over 2×2 windows that do not overlap, those at the bottom and right cut at the
/// border.
///
/// PyTorch's `max_pool2d(2, stride: 2, ceil_mode: true)`.
public struct MaxPooling2x2: Sendable {
  private let planes: Int
  private let height: Int
  private let width: Int
  /// H′ = ⌈H / 2⌉.
  public var outputHeight: Int { (height + 1) / 2 }
  /// W′ = ⌈W / 2⌉.
  public var outputWidth: Int { (width + 1) / 2 }

  /// Prepares the pooling of planes of pixels.
  /// - Parameters:
  ///   - planes: how many; N·C of images.
  ///   - height: H, at least 1.
  ///   - width: W, at least 1.
  public init(planes: Int, height: Int, width: Int) {
    self.planes = planes
    self.height = height
    self.width = width
  }

  /// Computes the maxima.
  /// - Parameters:
  ///   - input: [planes, H, W].
  ///   - output: [planes, H′, W′], overwritten.
  public func forward(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
    parallelFor(planes) { plane in
      for y in 0..<outputHeight {
        let top = input + (plane * height + 2 * y) * width
        // At the border the missing row or column is its neighbour once more.
        let bottom = 2 * y + 1 < height ? top + width : top
        let target = output + (plane * outputHeight + y) * outputWidth
        for x in 0..<width / 2 {
          target[x] = larger(
            larger(top[2 * x], top[2 * x + 1]), larger(bottom[2 * x], bottom[2 * x + 1]))
        }
        if width % 2 == 1 {
          target[outputWidth - 1] = larger(top[width - 1], bottom[width - 1])
        }
      }
    }
  }

  /// Hands each window's gradient to its first largest pixel, row by row.
  /// - Parameters:
  ///   - input: [planes, H, W].
  ///   - output: [planes, H′, W′], as `forward` left it.
  ///   - outputGradient: [planes, H′, W′].
  ///   - inputGradient: [planes, H, W], overwritten.
  public func backward(
    input: UnsafePointer<Float>, output: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
  ) {
    parallelFor(planes) { plane in
      for y in 0..<outputHeight {
        let start = (plane * height + 2 * y) * width
        let pooled = (plane * outputHeight + y) * outputWidth
        let (maxima, gradients) = (output + pooled, outputGradient + pooled)
        let (top, topGradient) = (input + start, inputGradient + start)
        guard 2 * y + 1 < height else {
          for x in 0..<width {
            let (maximum, gradient) = (maxima[x / 2], gradients[x / 2])
            let isTaken = x % 2 == 1 && top[x - 1] == maximum
            topGradient[x] = top[x] == maximum && !isTaken ? gradient : 0
          }
          continue
        }
        let (bottom, bottomGradient) = (top + width, topGradient + width)
        for x in 0..<width / 2 {
          let (maximum, gradient) = (maxima[x], gradients[x])
          let a = top[2 * x] == maximum
          let b = !a && top[2 * x + 1] == maximum
          let c = !(a || b) && bottom[2 * x] == maximum
          topGradient[2 * x] = a ? gradient : 0
          topGradient[2 * x + 1] = b ? gradient : 0
          bottomGradient[2 * x] = c ? gradient : 0
          bottomGradient[2 * x + 1] = a || b || c ? 0 : gradient
        }
        if width % 2 == 1 {
          let isTop = top[width - 1] == maxima[outputWidth - 1]
          topGradient[width - 1] = isTop ? gradients[outputWidth - 1] : 0
          bottomGradient[width - 1] = isTop ? 0 : gradients[outputWidth - 1]
        }
      }
    }
  }
}
