import Autograd
import Kernels
import Tensors

/// What follows a convolution, at no extra pass over the data.
public enum Activation: Sendable {
  /// Nothing.
  case identity
  /// max(x, 0).
  case rectified
}

/// Convolution: y[n, o] = b[o] + Σ_c W[o, c] ∗ x[n, c] (cross-correlation, as in PyTorch), stride 1.
/// - Parameters:
///   - input: x, [N, C, H, W].
///   - weight: W, [C′, C, kh, kw].
///   - bias: b, [C′].
///   - padding: zeros added on every side.
///   - activation: what follows.
/// - Returns: y, [N, C′, H + 2·padding − kh + 1, W + 2·padding − kw + 1].
/// - Throws: `LayerError` if the shapes do not fit.
public func conv2d(
  _ input: Variable, weight: Variable, bias: Variable, padding: Int = 0,
  activation: Activation = .identity
) throws -> Variable {
  let sizes = try convolutionSizes(input.value.shape, weight.value.shape, bias.value.shape, padding)
  let output = Shape(
    batch: sizes.batch, channels: sizes.outputChannels, height: sizes.outputHeight,
    width: sizes.outputWidth)
  let convolution = Convolution(sizes)
  let value = withPointers(input.value, weight.value, bias.value) { v, w, b in
    Tensor(filling: output) {
      convolution.forward(
        input: v, weight: w, bias: b, rectified: activation == .rectified, output: $0)
    }
  }
  return .result(value, of: [input, weight, bias]) { upstream in
    let gradient = activation == .rectified ? upstream.masked(byRectified: value) : upstream
    if input.needsGradient {
      input.accumulate(
        withPointers(gradient, weight.value) { g, w in
          Tensor(filling: input.value.shape) {
            convolution.backwardInput(outputGradient: g, weight: w, inputGradient: $0)
          }
        })
    }
    guard weight.needsGradient || bias.needsGradient else { return }
    var biasGradient = Tensor.zeros(bias.value.shape)
    let weightGradient = withPointers(input.value, gradient) { v, g in
      Tensor(filling: weight.value.shape) { w in
        biasGradient.withMutablePointer { b in
          convolution.backwardWeight(
            input: v, outputGradient: g, weightGradient: w, biasGradient: b)
        }
      }
    }
    weight.accumulate(weightGradient)
    bias.accumulate(biasGradient)
  }
}

private func convolutionSizes(
  _ input: Shape, _ weight: Shape, _ bias: Shape, _ padding: Int
) throws -> ConvolutionSizes {
  let name = "conv2d"
  guard input.rank == 4 else {
    throw LayerError(name, "input", given: "of shape \(input)", allowed: "[N, C, H, W]")
  }
  guard weight.rank == 4, weight[1] == input.channels else {
    throw LayerError(
      name, "weight", given: "of shape \(weight)",
      allowed: "[C′, C, kh, kw] with the input's C = \(input.channels)")
  }
  guard bias == [weight[0]] else {
    throw LayerError(
      name, "bias", given: "of shape \(bias)", allowed: "[C′] with the weight's C′ = \(weight[0])")
  }
  let sizes = ConvolutionSizes(
    batch: input.batch, inputChannels: input.channels, outputChannels: weight[0],
    inputHeight: input.height, inputWidth: input.width, kernel: (weight[2], weight[3]),
    padding: padding)
  guard sizes.outputHeight > 0, sizes.outputWidth > 0 else {
    throw LayerError(
      name, "input", given: "of shape \(input)",
      allowed: "at least the window (\(weight[2]), \(weight[3])) less the padding \(padding)")
  }
  return sizes
}

extension Tensor {
  /// This gradient where `output` is above 0, else 0.
  func masked(byRectified output: Tensor) -> Tensor {
    withPointers(self, output) { gradient, output in
      Tensor(filling: shape) {
        maskByRectifiedOutput(output, gradient, into: $0, count: count)
      }
    }
  }
}

/// A convolution of stride 1 with weights of its own.
public struct Conv2d {
  /// W, [C′, C, k, k].
  public let weight: Parameter
  /// b, [C′].
  public let bias: Parameter
  private let padding: Int

  /// Makes a layer; weight and bias start uniformly in ±1/√(C·k·k), as PyTorch's Conv2d does.
  public init(
    inputChannels: Int, outputChannels: Int, kernelSize: Int, padding: Int = 0,
    random: inout CounterRandom
  ) {
    let bound = 1 / Float(inputChannels * kernelSize * kernelSize).squareRoot()
    let shape: Shape = [outputChannels, inputChannels, kernelSize, kernelSize]
    weight = Parameter(.uniform(shape, within: bound, using: &random))
    bias = Parameter(.uniform([outputChannels], within: bound, using: &random))
    self.padding = padding
  }

  /// Applies the layer; see `conv2d`.
  /// - Parameters:
  ///   - input: [N, C, H, W].
  ///   - activation: what follows.
  /// - Returns: [N, C′, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(
    _ input: Variable, activation: Activation = .identity
  ) throws -> Variable {
    try conv2d(
      input, weight: weight.variable(on: input.tape), bias: bias.variable(on: input.tape),
      padding: padding, activation: activation)
  }

  /// The parameters with their published names behind `prefix`.
  public func parameters(_ prefix: String) -> [(name: String, parameter: Parameter)] {
    [("\(prefix).weight", weight), ("\(prefix).bias", bias)]
  }
}

extension Tensor {
  /// Numbers drawn uniformly from −bound ..< bound.
  public static func uniform(
    _ shape: Shape, within bound: Float, using random: inout CounterRandom
  ) -> Tensor {
    Tensor(shape) { buffer in
      for i in buffer.indices { buffer[i] = (2 * random.uniform() - 1) * bound }
    }
  }
}
