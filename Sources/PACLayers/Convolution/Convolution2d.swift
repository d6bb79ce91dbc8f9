import PACAutograd
import PACKernels
import PACTensors

/// What follows a convolution, at no extra pass over the data.
public enum Activation: Sendable {
  /// Nothing.
  case identity
  /// max(x, 0).
  case rectified
}

/// Convolution: y[n, o] = b[o] + Σ_c W[o, c] ∗ x[n, c] (cross-correlation, as in PyTorch).
/// - Parameters:
///   - input: x, [N, C, H, W], or in blocks of channels [N, C/b, H, W, b] with b = 8 or 16.
///   - weight: W, [C′, C, kh, kw].
///   - bias: b, [C′]; nil for none.
///   - stride: the distance between outputs in input pixels.
///   - padding: zeros added on every side.
///   - dilation: the distance between taps.
///   - activation: the activation that follows.
///   - outputLayout: how y lies; blocks of channels are for another convolution, see
///     `consecutiveConv2d`.
/// - Returns: y, [N, C′, H′, W′] with the sizes of PyTorch's Conv2d; in blocks
///   [N, C′/b, H′, W′, b].
/// - Throws: `LayerError` if the shapes do not fit.
public func conv2d(
  _ input: Variable, weight: Variable, bias: Variable? = nil, stride: Pair = 1, padding: Pair = 0,
  dilation: Pair = 1, activation: Activation = .identity, outputLayout: ActivationLayout = .rowMajor
) throws -> Variable {
  let sizes = try convolutionSizes(
    input.value.shape, weight.value.shape, bias?.value.shape, stride, padding, dilation)
  guard outputLayout.fits(channels: sizes.outputChannels) else {
    throw LayerError(
      "conv2d", "outputLayout", given: "\(outputLayout)",
      allowed:
        "row-major, or blocks of 8 or 16 that divide the weight's C′ = \(sizes.outputChannels)")
  }
  let convolution = Convolution(
    sizes, hasBias: bias != nil, inputLayout: input.value.shape.activationLayout,
    outputLayout: outputLayout)
  let (x, w, isRectified) = (input.value, weight.value, activation == .rectified)
  let y = Tensor(sizes.outputShape.laid(out: outputLayout), from: x, w, bias?.value) { y, x, w, b in
    convolution.forward(input: x, weight: w, bias: b, rectified: isRectified, output: y)
  }
  let rectified = isRectified ? y : nil
  return .result(y, of: "conv2d", input, weight, bias) { upstream, dx, dw, db in
    if let rectified { upstream.mask(byRectified: rectified) }
    // The weight's gradient, which may be hundreds of megabytes, is added where it gathers.
    withMemory(of: x, w, upstream, dx?.overwriting, dw?.adding, db?.addingToZeros) {
      x, w, g, dx, dw, db in
      convolution.backward(
        input: x, weight: w, outputGradient: g, inputGradient: dx, weightGradient: dw,
        biasGradient: db)
    }
  }
}

private func convolutionSizes(
  _ input: Shape, _ weight: Shape, _ bias: Shape?, _ stride: Pair, _ padding: Pair,
  _ dilation: Pair
) throws -> ConvolutionSizes {
  let name = "conv2d"
  let input = input.images
  try requireImages(input, name, "input")
  guard weight.rank == 4, weight.count > 0, weight[1] == input.channels else {
    throw LayerError(
      name, "weight", given: "of shape \(weight)",
      allowed: "[C′, C, kh, kw] with the input's C = \(input.channels)")
  }
  if let bias, bias != [weight[0]] {
    throw LayerError(
      name, "bias", given: "of shape \(bias)", allowed: "[C′] with the weight's C′ = \(weight[0])")
  }
  try validateWindow(name, stride: stride, padding: padding, dilation: dilation)
  let sizes = ConvolutionSizes(
    batch: input.batch, inputChannels: input.channels, outputChannels: weight[0],
    rows: WindowAxis(
      input: input.height, size: weight[2], stride: stride.height, padding: padding.height,
      dilation: dilation.height),
    columns: WindowAxis(
      input: input.width, size: weight[3], stride: stride.width, padding: padding.width,
      dilation: dilation.width))
  guard sizes.rows.output > 0, sizes.columns.output > 0 else {
    throw LayerError(
      name, "input", given: "of shape \(input)",
      allowed:
        "at least the window of (\(weight[2]), \(weight[3])) taps \(dilation) apart less the "
        + "padding \(padding) on each side")
  }
  return sizes
}

extension ConvolutionSizes {
  /// [N, C′, H′, W′].
  var outputShape: Shape { [batch, outputChannels, rows.output, columns.output] }
}

/// A convolution with its own weights; see `conv2d`.
public struct Conv2d {
  /// W, [C′, C, kh, kw].
  public let weight: Parameter
  /// b, [C′]; nil for none.
  public let bias: Parameter?
  private let stride: Pair
  private let padding: Pair
  private let dilation: Pair

  /// Makes a layer; weight and bias start uniformly in ±1/√(C·kh·kw), as PyTorch's Conv2d does.
  public init(
    inputChannels: Int, outputChannels: Int, kernelSize: Pair, stride: Pair = 1, padding: Pair = 0,
    dilation: Pair = 1, bias: Bool = true, random: inout CounterRandom
  ) {
    let bound = 1 / Float(inputChannels * kernelSize.height * kernelSize.width).squareRoot()
    let shape: Shape = [outputChannels, inputChannels, kernelSize.height, kernelSize.width]
    weight = Parameter(.uniform(shape, within: bound, using: &random))
    self.bias =
      bias ? Parameter(.uniform([outputChannels], within: bound, using: &random)) : nil
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
  }

  /// Makes a layer that starts with the given weight and bias.
  public init(
    weight: Tensor, bias: Tensor?, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1
  ) {
    self.weight = Parameter(weight)
    self.bias = bias.map { Parameter($0) }
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
  }

  /// Applies the layer; see `conv2d`.
  /// - Parameters:
  ///   - input: [N, C, H, W], or in blocks of channels.
  ///   - activation: the activation that follows.
  ///   - outputLayout: the layout of the output.
  /// - Returns: [N, C′, H′, W′], or in blocks of channels.
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(
    _ input: Variable, activation: Activation = .identity,
    outputLayout: ActivationLayout = .rowMajor
  ) throws -> Variable {
    try conv2d(
      input, weight: weight.variable(on: input.tape), bias: bias?.variable(on: input.tape),
      stride: stride, padding: padding, dilation: dilation, activation: activation,
      outputLayout: outputLayout)
  }

  /// The sizes of the convolution of an input.
  func sizes(_ input: Shape) throws -> ConvolutionSizes {
    try convolutionSizes(input, weight.shape, bias?.shape, stride, padding, dilation)
  }

  /// The parameters by their published names, prefixed with `prefix`.
  public func parameters(_ prefix: String = "") -> [(name: String, parameter: Parameter)] {
    [(qualified(prefix, "weight"), weight)]
      + (bias.map { [(qualified(prefix, "bias"), $0)] } ?? [])
  }
}
