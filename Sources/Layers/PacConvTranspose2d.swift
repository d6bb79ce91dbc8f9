import Autograd
import Tensors

/// A transposed pixel-adaptive convolution with weights of its own: the guided upsampling layer (paper, section 4).
///
/// | | |
/// |---|---|
/// | input | v, [N, C, H, W] |
/// | guide | f, [N, G, H′, W′], at the output's resolution |
/// | kernel | K in place of the guide, [N, 1, kh, kw, H′, W′] |
/// | mask | [N, 1, H, W], 1 = valid input pixel; where a window has none, the output is the bias |
/// | output | v′, [N, C′, H′, W′], the sizes of PyTorch's ConvTranspose2d |
/// | parameters | `weight`, [C, C′, kh, kw] or [1, 1, kh, kw] if shared; `bias`, [C′]; `inv_alpha`, `inv_lambda`, [1]; `smooth_kernel`, [1, 1, n, n] |
///
/// v′ᵢ = Σⱼ K(fᵢ, fⱼ) W[pᵢ − pⱼ] vⱼ + b over the input's pixels, which lie `stride` output pixels apart; the zeros between
/// them are never multiplied. K is read at the output's resolution with a padding of dilation·(k − 1)/2. As published, the
/// filter is not turned: with K ≡ 1 this is ConvTranspose2d with W rotated by 180°.
///
/// ```swift
/// let layer = try PacConvTranspose2d(
///   inputChannels: 8, outputChannels: 4,
///   window: PacWindow(kernelSize: 5, stride: 2, padding: 2, outputPadding: 1), random: &random)
/// let low = Variable(.uniform([1, 8, 6, 7], within: 1, using: &random))
/// let image = Variable(.uniform([1, 3, 12, 14], within: 1, using: &random))
/// let output = try layer(low, guide: image, activation: .rectified)
/// #expect(output.value.shape == [1, 4, 12, 14])
/// ```
public struct PacConvTranspose2d {
  private let layer: PacConvolutionLayer

  /// W, [C, C′, kh, kw], or [1, 1, kh, kw] shared by all channels.
  public var weight: Parameter { layer.weight }
  /// b, [C′]; nil for none.
  public var bias: Parameter? { layer.bias }

  /// Makes a layer.
  /// - Parameters:
  ///   - inputChannels: C.
  ///   - outputChannels: C′; as many as C with shared filters.
  ///   - window: kernel size, stride, padding, output padding and dilation.
  ///   - options: the function K, its smoothing and normalisation.
  ///   - bias: whether a bias is added.
  ///   - sharedFilters: whether one filter serves every channel, and none mixes them.
  ///   - filler: how the weights start.
  ///   - random: draws the initial values.
  /// - Throws: `LayerError` if an argument is not possible.
  public init(
    inputChannels: Int, outputChannels: Int, window: PacWindow,
    options: AdaptingKernelOptions = .init(), bias: Bool = true, sharedFilters: Bool = false,
    filler: PacFiller = .uniform, random: inout CounterRandom
  ) throws {
    layer = try PacConvolutionLayer(
      PacWeightLayout(
        layer: "PacConvTranspose2d", inputChannels: inputChannels, outputChannels: outputChannels,
        window: window, transposed: true, sharedFilters: sharedFilters),
      options, bias: bias, filler: filler, random: &random)
  }

  /// Applies the layer.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - guide: f, [N, G, H′, W′].
  ///   - activation: what follows.
  /// - Returns: v′, [N, C′, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(
    _ input: Variable, guide: Variable, activation: Activation = .identity
  ) throws -> Variable {
    try layer.apply(input, guide: guide, activation: activation)
  }

  /// Applies the layer to an input of which only some pixels are valid.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - guide: f, [N, G, H′, W′].
  ///   - mask: [N, 1, H, W], 1 = valid input pixel, 0 = not.
  ///   - activation: what follows.
  /// - Returns: v′, [N, C′, H′, W′], and where any input pixel was valid, [N, 1, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(
    _ input: Variable, guide: Variable, mask: Tensor, activation: Activation = .identity
  ) throws -> (output: Variable, mask: Tensor?) {
    try layer.apply(input, guide: guide, mask: mask, activation: activation)
  }

  /// Applies the layer with a kernel made beforehand.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - kernel: K, [N, 1, kh, kw, H′, W′], see `adaptingKernel`.
  ///   - activation: what follows.
  /// - Returns: v′, [N, C′, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(
    _ input: Variable, kernel: Variable, activation: Activation = .identity
  ) throws -> Variable {
    try layer.apply(input, .kernel(kernel), activation: activation)
  }

  /// The layer's kernel for given features; see `packernel2d`.
  /// - Parameters:
  ///   - guide: f, [N, G, H′, W′].
  ///   - mask: [N, 1, H, W], 1 = valid input pixel; nil if all are.
  /// - Returns: K, [N, 1, kh, kw, H′, W′], and with a mask also where any input pixel was valid.
  /// - Throws: `LayerError` if the shapes do not fit.
  public func adaptingKernel(
    _ guide: Variable, mask: Tensor? = nil
  ) throws -> (kernel: Variable, outputMask: Tensor?) {
    try layer.kernel(guide, mask: mask)
  }

  /// The parameters with their published names behind `prefix`.
  public func parameters(_ prefix: String = "") -> [(name: String, parameter: Parameter)] {
    layer.parameters(prefix)
  }
}
