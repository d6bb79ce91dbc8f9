import PACAutograd
import PACTensors

/// Bicubic interpolation without a guide.
///
/// Keys, *Cubic Convolution Interpolation for Digital Image Processing*, IEEE Transactions on
/// Acoustics, Speech, and Signal Processing 29(6), 1981, along rows and columns: an output pixel at
/// s, in pixels of the input, is Σⱼ u(s − j) xⱼ over the four nearest j, with
///
/// - u(d) = 3/2 |d|³ − 5/2 |d|² + 1 for |d| ≤ 1,
/// - u(d) = −1/2 |d|³ + 5/2 |d|² − 4 |d| + 2 for 1 < |d| < 2.
///
/// Centres lie at half pixels, as in `Bilinear`. Departing from the paper, whose border pixels
/// continue a cubic, those beyond the border have the value of the nearest one. It has no
/// parameters.
public struct Bicubic: JointUpsampler {
  /// The upsampling factor along each axis.
  public let factor: Int
  /// For each output pixel of one input pixel: the offset of the first of the four nearest input
  /// pixels, and their weights.
  private let taps: [(first: Int, weights: [Float])]

  /// Makes the baseline.
  public init(factor: Int) {
    self.factor = factor
    taps = (0..<factor).map { phase in
      let position = (Double(phase) + 0.5) / Double(factor) - 0.5
      let first = Int(position.rounded(.down)) - 1
      return (first, (0..<4).map { Float(Self.weight(position - Double(first + $0))) })
    }
  }

  /// u(d).
  private static func weight(_ distance: Double) -> Double {
    let d = abs(distance)
    if d <= 1 { return (1.5 * d - 2.5) * d * d + 1 }
    return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0
  }

  /// None.
  public var parameters: [(name: String, parameter: Parameter)] { [] }

  /// Upsamples a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    try requireGuide(guide, for: low, factor: factor, model: "Bicubic")
    let shape = low.value.shape
    let width = shape.width * factor
    let rows = alongAxis(low.value.elements, length: shape.width, stride: 1)
    return Variable(
      Tensor(
        [shape.batch, shape.channels, shape.height * factor, width],
        alongAxis(rows, length: shape.height, stride: width)))
  }

  /// Interpolates along an axis of `length` pixels that lie `stride` elements apart.
  private func alongAxis(_ source: [Float], length: Int, stride: Int) -> [Float] {
    var result = [Float](repeating: 0, count: source.count * factor)
    for line in 0..<source.count / stride {
      let (block, pixel) = (line / length, line % length)
      for (phase, (first, weights)) in taps.enumerated() {
        let target = (line * factor + phase) * stride
        for (tap, weight) in weights.enumerated() {
          let neighbour = min(max(pixel + first + tap, 0), length - 1)
          let start = (block * length + neighbour) * stride
          for i in 0..<stride { result[target + i] += weight * source[start + i] }
        }
      }
    }
    return result
  }
}

// MARK: - Name

extension UpsamplerName {
  /// Bicubic interpolation without a guide.
  public static let bicubic = UpsamplerName(
    declaring: "Bicubic", hasParameters: false,
    construct: { factor, _ in Bicubic(factor: factor) })
}
