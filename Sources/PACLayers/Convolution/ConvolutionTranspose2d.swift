import PACAutograd
import PACKernels
import PACTensors

/// Transposed convolution, PyTorch's `conv_transpose2d` without bias: the input's gradient of a
/// convolution.
/// - Parameters:
///   - input: x, [N, C, H, W].
///   - weight: W, [C, C′, kh, kw].
///   - stride: pixels of the output between neighbours of the input.
///   - padding: pixels cut off on every side of the output.
/// - Returns: [N, C′, (H − 1)·stride + kh − 2·padding, (W − 1)·stride + kw − 2·padding].
/// - Throws: `LayerError` if the shapes do not fit.
public func convTranspose2d(
  _ input: Variable, weight: Variable, stride: Pair = 1, padding: Pair = 0
) throws -> Variable {
  let (name, shape, filter) = ("convTranspose2d", input.value.shape, weight.value.shape)
  try requireImages(shape, name, "input")
  guard filter.rank == 4, filter.count > 0, filter[0] == shape.channels else {
    throw LayerError(
      name, "weight", given: "of shape \(filter)",
      allowed: "[C, C′, kh, kw] with the input's C = \(shape.channels)")
  }
  try validateWindow(name, stride: stride, padding: padding, dilation: 1)
  let height = (shape.height - 1) * stride.height + filter[2] - 2 * padding.height
  let width = (shape.width - 1) * stride.width + filter[3] - 2 * padding.width
  guard height > 0, width > 0 else {
    throw LayerError(
      name, "padding", given: "\(padding)", allowed: "less than half of the upsampled \(shape)")
  }
  let output: Shape = [shape.batch, filter[1], height, width]
  // The convolution that leads back: from the output's size to the input's.
  let convolution = Convolution(
    ConvolutionSizes(
      batch: shape.batch, inputChannels: filter[1], outputChannels: filter[0],
      rows: WindowAxis(
        input: height, size: filter[2], stride: stride.height, padding: padding.height),
      columns: WindowAxis(
        input: width, size: filter[3], stride: stride.width, padding: padding.width)),
    hasBias: false)
  let (x, w) = (input.value, weight.value)
  let y = Tensor(output, from: x, w) { y, x, w in
    convolution.backwardInput(weight: w, outputGradient: x, inputGradient: y)
  }
  return .result(y, of: name, input, weight) { upstream, dx, dw in
    withMemory(of: x, w, upstream, dx?.overwriting, dw?.adding) { x, w, g, dx, dw in
      if let dx {
        convolution.forward(input: g, weight: w, bias: nil, rectified: false, output: dx)
      }
      if let dw {
        convolution.backwardParameters(
          input: g, outputGradient: x, weightGradient: dw, biasGradient: nil)
      }
    }
  }
}

/// A transposed convolution with its own weights and no bias; see `convTranspose2d`.
public struct ConvTranspose2d {
  /// W, [C, C′, kh, kw].
  public let weight: Parameter
  private let stride: Pair
  private let padding: Pair

  /// Makes a layer that starts with the given weights.
  public init(weight: Tensor, stride: Pair = 1, padding: Pair = 0) {
    self.weight = Parameter(weight)
    self.stride = stride
    self.padding = padding
  }

  /// Applies the layer; see `convTranspose2d`.
  /// - Parameter input: [N, C, H, W].
  /// - Returns: [N, C′, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(_ input: Variable) throws -> Variable {
    try convTranspose2d(
      input, weight: weight.variable(on: input.tape), stride: stride, padding: padding)
  }

  /// The parameters by their published names, prefixed with `prefix`.
  public func parameters(_ prefix: String = "") -> [(name: String, parameter: Parameter)] {
    [(qualified(prefix, "weight"), weight)]
  }
}
