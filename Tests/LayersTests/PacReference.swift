import Layers
import Tensors

/// Pixel-adaptive convolution in double precision, written straight from the equation: one loop for each index.
struct PacReference {
  var input: [Double]
  var guide: [Double]
  var weight: [Double]
  var bias: [Double]
  let window: PacWindow
  let transposed: Bool
  /// [N, C, H, W], [N, G, Hg, Wg] and the number of output channels.
  let inputShape: Shape
  let guideShape: Shape
  let outputChannels: Int

  func outputExtent(_ axis: KeyPath<Pair, Int>, _ input: Int) -> Int {
    let reach = window.dilation[keyPath: axis] * (window.kernelSize[keyPath: axis] - 1)
    let (s, p) = (window.stride[keyPath: axis], window.padding[keyPath: axis])
    return transposed
      ? (input - 1) * s - 2 * p + reach + 1 + window.outputPadding[keyPath: axis]
      : (input + 2 * p - reach - 1) / s + 1
  }

  var outputShape: Shape {
    [
      inputShape.batch, outputChannels, outputExtent(\.height, inputShape.height),
      outputExtent(\.width, inputShape.width),
    ]
  }

  /// The input pixel and the guidance position (inside the image or not) of one tap.
  private func positions(
    _ axis: KeyPath<Pair, Int>, _ output: Int, _ tap: Int
  ) -> (input: Int?, guide: Int) {
    let (s, p) = (window.stride[keyPath: axis], window.padding[keyPath: axis])
    let (d, k) = (window.dilation[keyPath: axis], window.kernelSize[keyPath: axis])
    guard transposed else { return (output * s - p + tap * d, output * s - p + tap * d) }
    let stuffed = output + tap * d - (d * (k - 1) - p)
    return (
      stuffed >= 0 && stuffed % s == 0 ? stuffed / s : nil, output - d * (k - 1) / 2 + tap * d
    )
  }

  private func feature(_ n: Int, _ g: Int, _ y: Int, _ x: Int) -> Double {
    guard (0..<guideShape.height).contains(y), (0..<guideShape.width).contains(x) else { return 0 }
    return guide[((n * guideShape.channels + g) * guideShape.height + y) * guideShape.width + x]
  }

  func output() -> [Double] {
    let shape = outputShape
    let (kh, kw) = (window.kernelSize.height, window.kernelSize.width)
    var result: [Double] = []
    for n in 0..<shape.batch {
      for o in 0..<shape.channels {
        for y in 0..<shape.height {
          for x in 0..<shape.width {
            var sum = bias[o]
            let centreY = positions(\.height, y, kh / 2).guide
            let centreX = positions(\.width, x, kw / 2).guide
            for i in 0..<kh {
              for j in 0..<kw {
                let (inputY, guideY) = positions(\.height, y, i)
                let (inputX, guideX) = positions(\.width, x, j)
                guard let inputY, let inputX, (0..<inputShape.height).contains(inputY),
                  (0..<inputShape.width).contains(inputX)
                else { continue }
                var distance = 0.0
                for g in 0..<guideShape.channels {
                  let d = feature(n, g, guideY, guideX) - feature(n, g, centreY, centreX)
                  distance += d * d
                }
                let kernel = exponential(-0.5 * distance)
                for c in 0..<inputShape.channels {
                  let pair =
                    transposed ? c * outputChannels + o : o * inputShape.channels + c
                  let v =
                    ((n * inputShape.channels + c) * inputShape.height + inputY)
                    * inputShape.width + inputX
                  sum += kernel * weight[(pair * kh + i) * kw + j] * input[v]
                }
              }
            }
            result.append(sum)
          }
        }
      }
    }
    return result
  }
}
