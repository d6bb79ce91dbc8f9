import Autograd
import Tensors

/// A transposed pixel-adaptive convolution with weights of its own (paper, section 4): the guided upsampling layer.
///
/// v′ᵢ = Σⱼ K(fᵢ, fⱼ) W[pᵢ − pⱼ] vⱼ + b over the input's pixels, which lie `stride` output pixels apart; K is the Gaussian
/// of guidance features at the output's resolution.
public struct PacConvTranspose2d {
  /// W, [C, C′, kh, kw].
  public let weight: Parameter
  /// b, [C′].
  public let bias: Parameter
  private let window: PacWindow

  /// Makes a layer; weight and bias start uniformly in ±1/√(C·kh·kw).
  /// - Throws: `LayerError` if the window is not possible.
  public init(
    inputChannels: Int, outputChannels: Int, window: PacWindow, random: inout CounterRandom
  ) throws {
    try window.validate("PacConvTranspose2d", transposed: true)
    let (height, width) = (window.kernelSize.height, window.kernelSize.width)
    let bound = 1 / Float(inputChannels * height * width).squareRoot()
    weight = Parameter(
      .uniform([inputChannels, outputChannels, height, width], within: bound, using: &random))
    bias = Parameter(.uniform([outputChannels], within: bound, using: &random))
    self.window = window
  }

  /// Applies the layer; see `pacconvTranspose2d`.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - guide: f, [N, G, H′, W′].
  ///   - activation: what follows.
  /// - Returns: [N, C′, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(
    _ input: Variable, guide: Variable, activation: Activation = .identity
  ) throws -> Variable {
    try pacconvTranspose2d(
      input, adapting: .guide(guide), weight: weight.variable(on: input.tape),
      bias: bias.variable(on: input.tape), window: window, activation: activation)
  }

  /// The parameters with their published names behind `prefix`.
  public func parameters(_ prefix: String) -> [(name: String, parameter: Parameter)] {
    [("\(prefix).weight", weight), ("\(prefix).bias", bias)]
  }
}
