import PACAutograd
import PACKernels
import PACTensors

/// Parametric ReLU (He, Zhang, Ren, Sun, ICCV 2015, equation 1): y = max(x, 0) + a_c min(x, 0).
/// - Parameters:
///   - input: x, [N, C, H, W].
///   - slopes: a, [C].
/// - Returns: y, [N, C, H, W].
/// - Throws: `LayerError` if an argument does not fit.
public func prelu(_ input: Variable, slopes: Variable) throws -> Variable {
  let shape = input.value.shape
  try requireImages(shape, "prelu", "input")
  guard slopes.value.shape == [shape.channels] else {
    throw LayerError(
      "prelu", "slopes", given: "of shape \(slopes.value.shape)", allowed: "[\(shape.channels)]")
  }
  let rectifier = ChannelRectifier(ChannelPlanes(shape))
  let (x, a) = (input.value, slopes.value)
  let y = Tensor(shape, from: x, a) { y, x, a in
    rectifier.forward(input: x, slopes: a, output: y)
  }
  return .result(y, of: "prelu", input, slopes) { upstream, dx, da in
    withMemory(of: x, a, upstream, dx?.adding, da?.adding) { x, a, g, dx, da in
      if let dx {
        rectifier.backwardInput(input: x, slopes: a, outputGradient: g, inputGradient: dx)
      }
      if let da { rectifier.backwardSlopes(input: x, outputGradient: g, slopeGradients: da) }
    }
  }
}

/// Parametric ReLU with slopes of its own; see `prelu`.
public struct PRelu {
  /// a, [C].
  public let slopes: Parameter

  /// Makes a layer; every slope starts at ¼, as PyTorch's PReLU.
  public init(channels: Int, slope: Float = 0.25) {
    slopes = Parameter(Tensor(repeating: slope, [channels]))
  }

  /// Applies the layer.
  /// - Parameter input: [N, C, H, W].
  /// - Returns: [N, C, H, W].
  /// - Throws: `LayerError` if the shape does not fit.
  public func callAsFunction(_ input: Variable) throws -> Variable {
    try prelu(input, slopes: slopes.variable(on: input.tape))
  }

  /// The slopes by PyTorch's name, `weight`, behind `prefix`.
  public func parameters(_ prefix: String = "") -> [(name: String, parameter: Parameter)] {
    [(qualified(prefix, "weight"), slopes)]
  }
}
