import PACAutograd
import PACKernels
import PACTensors

/// Transposed convolution, PyTorch's `conv_transpose2d`: the input's gradient of a convolution.
/// - Parameters:
///   - input: x, [N, C, H, W].
///   - weight: W, [C, C′, kh, kw].
///   - bias: b, [C′]; nil for none.
///   - stride: pixels of the output between neighbours of the input.
///   - padding: pixels cut off on every side of the output.
/// - Returns: [N, C′, (H − 1)·stride + kh − 2·padding, (W − 1)·stride + kw − 2·padding].
/// - Throws: `LayerError` if the shapes do not fit.
public func convTranspose2d(
  _ input: Variable, weight: Variable, bias: Variable? = nil, stride: Pair = 1, padding: Pair = 0
) throws -> Variable {
  let (name, shape, filter) = ("convTranspose2d", input.value.shape, weight.value.shape)
  try requireImages(shape, name, "input")
  guard filter.rank == 4, filter.count > 0, filter[0] == shape.channels else {
    throw LayerError(
      name, "weight", given: "of shape \(filter)",
      allowed: "[C, C′, kh, kw] with the input's C = \(shape.channels)")
  }
  if let bias, bias.value.shape != [filter[1]] {
    throw LayerError(
      name, "bias", given: "of shape \(bias.value.shape)",
      allowed: "[C′] with the weight's C′ = \(filter[1])")
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
  let offset = ChannelOffset(ChannelPlanes(output))
  let (x, w) = (input.value, weight.value)
  let y = Tensor(output, from: x, w, bias?.value) { y, x, w, b in
    convolution.backwardInput(weight: w, outputGradient: x, inputGradient: y)
    if let b { offset.add(b, to: y) }
  }
  return .result(y, of: name, input, weight, bias) { upstream, dx, dw, db in
    withMemory(of: x, w, upstream, dx?.overwriting, dw?.adding, db?.adding) {
      x, w, g, dx, dw, db in
      if let dx {
        convolution.forward(input: g, weight: w, bias: nil, rectified: false, output: dx)
      }
      if let dw {
        convolution.backwardParameters(
          input: g, outputGradient: x, weightGradient: dw, biasGradient: nil)
      }
      if let db { offset.backward(outputGradient: g, offsetGradients: db) }
    }
  }
}

/// A transposed convolution with its own weights; see `convTranspose2d`.
public struct ConvTranspose2d {
  /// W, [C, C′, kh, kw].
  public let weight: Parameter
  /// b, [C′]; nil for none.
  public let bias: Parameter?
  private let stride: Pair
  private let padding: Pair

  /// Makes a layer that starts with the given weight and bias.
  public init(weight: Tensor, bias: Tensor? = nil, stride: Pair = 1, padding: Pair = 0) {
    self.weight = Parameter(weight)
    self.bias = bias.map { Parameter($0) }
    self.stride = stride
    self.padding = padding
  }

  /// Applies the layer; see `convTranspose2d`.
  /// - Parameter input: [N, C, H, W].
  /// - Returns: [N, C′, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(_ input: Variable) throws -> Variable {
    try convTranspose2d(
      input, weight: weight.variable(on: input.tape), bias: bias?.variable(on: input.tape),
      stride: stride, padding: padding)
  }

  /// The parameters by their published names, prefixed with `prefix`.
  public func parameters(_ prefix: String = "") -> [(name: String, parameter: Parameter)] {
    [(qualified(prefix, "weight"), weight)]
      + (bias.map { [(qualified(prefix, "bias"), $0)] } ?? [])
  }
}
