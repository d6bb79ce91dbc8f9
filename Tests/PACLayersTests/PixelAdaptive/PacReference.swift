import Foundation
import PACLayers
import PACTensors

/// Pixel-adaptive convolution and pooling in double precision, written straight from the equations:
/// one loop for each index.
struct PacReference {
  /// What is done with the neighbours.
  enum Kind: Sendable { case convolution, transposed, pooling }

  var kind = Kind.convolution
  let window: PacWindow
  var options = AdaptingKernelOptions()
  var groups = 1
  var sharedFilters = false
  /// [N, C, H, W], [N, G, Hg, Wg] and the number of output channels.
  let inputShape: Shape
  let guideShape: Shape
  let outputChannels: Int

  var input: [Double]
  var guide: [Double]
  /// Unused by pooling.
  var weight: [Double] = []
  var bias: [Double] = []
  var alpha: [Double] = []
  var lambda: [Double] = []
  /// The learned filter of `full` smoothing.
  var smoothKernel: [Double] = []
  var mask: [Double]?

  private var transposed: Bool { kind == .transposed }

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
  ) -> (input: Int, guide: Int) {
    let (s, p) = (window.stride[keyPath: axis], window.padding[keyPath: axis])
    let (d, k) = (window.dilation[keyPath: axis], window.kernelSize[keyPath: axis])
    guard transposed else { return (output * s - p + tap * d, output * s - p + tap * d) }
    let stuffed = output + tap * d - (d * (k - 1) - p)
    return (stuffed % s == 0 ? stuffed / s : -1, output - d * (k - 1) / 2 + tap * d)
  }

  private func feature(_ n: Int, _ g: Int, _ y: Int, _ x: Int) -> Double {
    guard (0..<guideShape.height).contains(y), (0..<guideShape.width).contains(x) else { return 0 }
    return guide[((n * guideShape.channels + g) * guideShape.height + y) * guideShape.width + x]
  }

  /// cᵢ of one channel: the features at the window's centre, smoothed or not.
  private func centre(_ n: Int, _ g: Int, _ y: Int, _ x: Int) -> Double {
    let filter: [Double]
    switch options.smoothing {
    case .none: filter = [1]
    case .gaussian: filter = [1, 2, 1, 2, 4, 2, 1, 2, 1].map { $0 / 16 }
    case .average(let n): filter = [Double](repeating: 1 / Double(n * n), count: n * n)
    case .full: filter = smoothKernel
    }
    let size = Int(Double(filter.count).squareRoot())
    return filter.indices.reduce(0) {
      $0 + filter[$1] * feature(n, g, y + $1 / size - size / 2, x + $1 % size - size / 2)
    }
  }

  private func adapting(_ plane: Int, _ squares: Double) -> Double {
    switch options.type {
    case .gaussian: return exp(-0.5 * squares)
    case .inverse:
      return alpha[plane % alpha.count] + pow(squares + 1e-4, lambda[plane % lambda.count] / 2)
    }
  }

  /// K of one window, tap by tap, and the input pixel under each tap (nil outside).
  private func kernel(
    _ n: Int, _ plane: Int, _ y: Int, _ x: Int
  ) -> [(value: Double, pixel: Int?)] {
    let (kh, kw) = (window.kernelSize.height, window.kernelSize.width)
    let centreY = positions(\.height, y, kh / 2).guide
    let centreX = positions(\.width, x, kw / 2).guide
    let channels = options.channelWise ? plane..<plane + 1 : 0..<guideShape.channels
    let centres = channels.map { centre(n, $0, centreY, centreX) }
    var isAsymmetric = false
    if case .inverse(_, _, let asymmetric, _) = options.type { isAsymmetric = asymmetric }
    var taps: [(value: Double, pixel: Int?)] = []
    for i in 0..<kh {
      for j in 0..<kw {
        let (inputY, guideY) = positions(\.height, y, i)
        let (inputX, guideX) = positions(\.width, x, j)
        let inside =
          (0..<inputShape.height).contains(inputY) && (0..<inputShape.width).contains(inputX)
        let squares = zip(channels, centres).reduce(0.0) { sum, pair in
          let d = feature(n, pair.0, guideY, guideX) - pair.1
          return sum + (isAsymmetric ? max(d, 0) * max(d, 0) : d * d)
        }
        taps.append(
          (adapting(plane, squares), inside ? inputY * inputShape.width + inputX : nil))
      }
    }
    return divided(taps, n)
  }

  /// Masks and normalisation.
  private func divided(
    _ taps: [(value: Double, pixel: Int?)], _ n: Int
  ) -> [(value: Double, pixel: Int?)] {
    guard mask != nil || options.normalized else { return taps }
    let valid = taps.map { tap in
      tap.pixel.map { mask?[n * inputShape.pixels + $0] ?? 1 } ?? 0
    }
    let values = zip(taps, valid).map { $0.0.value * $0.1 }
    let present = Double(max(taps.count { $0.pixel != nil }, 1))
    let divisor = options.normalized ? values.reduce(0, +) : valid.reduce(0, +) / present
    return zip(values, taps).map { ($0 / (divisor == 0 ? 1 : divisor), $1.pixel) }
  }

  func output() -> [Double] {
    let shape = outputShape
    var result: [Double] = []
    for n in 0..<shape.batch {
      var kernels: [[(value: Double, pixel: Int?)]] = []
      for plane in 0..<(options.channelWise ? shape.channels : 1) {
        for i in 0..<shape.pixels {
          kernels.append(kernel(n, plane, i / shape.width, i % shape.width))
        }
      }
      for o in 0..<shape.channels {
        for i in 0..<shape.pixels {
          let window = kernels[(options.channelWise ? o * shape.pixels : 0) + i]
          result.append(sum(n, o, window))
        }
      }
    }
    return result
  }

  private func sum(_ n: Int, _ o: Int, _ window: [(value: Double, pixel: Int?)]) -> Double {
    let inputs = inputShape.channels
    let (groupInputs, groupOutputs) = (inputs / groups, outputChannels / groups)
    let first = o / groupOutputs * groupInputs
    let mixes = kind != .pooling && !sharedFilters
    var sum = bias.isEmpty ? 0 : bias[o]
    for (tap, (value, pixel)) in window.enumerated() {
      guard let pixel else { continue }
      for c in mixes ? first..<first + groupInputs : o..<o + 1 {
        let pair =
          !mixes
          ? 0
          : transposed ? c * groupOutputs + o % groupOutputs : o * groupInputs + c - first
        let w = kind == .pooling ? 1 : weight[pair * window.count + tap]
        sum += value * w * input[(n * inputs + c) * inputShape.pixels + pixel]
      }
    }
    return sum
  }
}
