import PACTensors

/// A pixel-adaptive convolution with its own weights: v′ᵢ = Σⱼ K(fᵢ, fⱼ) W[pᵢ − pⱼ] vⱼ + b
/// (paper, equation 3).
///
/// | | |
/// |---|---|
/// | input | v, [N, C, H, W] |
/// | guide | f, [N, G, H, W], at the input's resolution |
/// | kernel | K instead of the guide, [N, 1, kh, kw, H′, W′] |
/// | mask | [N, 1, H, W], 1 = valid input pixel; where a window has none, the output is the bias |
/// | output | v′, [N, C′, H′, W′], the sizes of PyTorch's Conv2d |
///
/// Parameters: `weight`, [C′, C/groups, kh, kw] or [1, 1, kh, kw] if shared; `bias`, [C′];
/// `inv_alpha`, `inv_lambda`, [1]; `smooth_kernel`, [1, 1, n, n].
///
/// `groups` are Conv2d's: an output channel sees the C/groups input channels of its own group, at
/// 1/groups of the products. All groups share one K, which is computed once. With as many groups as
/// channels the layer is depthwise. The published layer has none.
///
/// K is the plain Gaussian exp(−½ ‖fⱼ − fᵢ‖²) unless the options say otherwise; zeros that padding
/// adds count as features. Departing from the published code, smoothing works together with any
/// dilation, and sizes may differ between rows and columns everywhere.
///
/// ```swift
/// let layer = try PacConv2d(
///   inputChannels: 16, outputChannels: 8,
///   window: PacWindow(kernelSize: 5, padding: 4, dilation: 2), random: &random)
/// let features = Variable(.uniform([1, 16, 12, 14], within: 1, using: &random))
/// let image = Variable(.uniform([1, 3, 12, 14], within: 1, using: &random))
/// let output = try layer(features, guide: image)
/// #expect(output.value.shape == [1, 8, 12, 14])
/// ```
///
/// A depthwise layer, with a filter for each channel:
///
/// ```swift
/// let depthwise = try PacConv2d(
///   inputChannels: 16, outputChannels: 16, window: PacWindow(kernelSize: 3, padding: 1),
///   groups: 16, random: &random)
/// let features = Variable(.uniform([1, 16, 12, 14], within: 1, using: &random))
/// let image = Variable(.uniform([1, 3, 12, 14], within: 1, using: &random))
/// let output = try depthwise(features, guide: image)
/// #expect(depthwise.weight.shape == [16, 1, 3, 3])
/// #expect(output.value.shape == [1, 16, 12, 14])
/// ```
public final class PacConv2d: PacConvolutionLayer {
  /// Makes a layer.
  /// - Parameters:
  ///   - inputChannels: C.
  ///   - outputChannels: C′; as many as C with shared filters.
  ///   - window: kernel size, stride, padding and dilation.
  ///   - groups: groups of channels that do not mix; a divisor of C and C′, and 1 with shared
  ///     filters.
  ///   - options: the function K, its smoothing and normalisation.
  ///   - bias: whether a bias is added.
  ///   - sharedFilters: whether one filter serves every channel, and none mixes them.
  ///   - filler: the initial values of the weights.
  ///   - random: the generator of the initial values.
  /// - Throws: `LayerError` if an argument is not possible.
  public init(
    inputChannels: Int, outputChannels: Int, window: PacWindow, groups: Int = 1,
    options: AdaptingKernelOptions = .init(), bias: Bool = true, sharedFilters: Bool = false,
    filler: PacFiller = .uniform, random: inout CounterRandom
  ) throws {
    try super.init(
      "PacConv2d", transposed: false, inputChannels: inputChannels, outputChannels: outputChannels,
      window: window, groups: groups, options: options, bias: bias, sharedFilters: sharedFilters,
      filler: filler,
      random: &random)
  }
}
