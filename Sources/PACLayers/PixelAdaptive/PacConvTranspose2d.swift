import PACTensors

/// A transposed pixel-adaptive convolution with its own weights: the guided upsampling layer
/// (paper, section 4).
///
/// | | |
/// |---|---|
/// | input | v, [N, C, H, W] |
/// | guide | f, [N, G, H′, W′], at the output's resolution |
/// | kernel | K instead of the guide, [N, 1, kh, kw, H′, W′] |
/// | mask | [N, 1, H, W], 1 = valid input pixel; where a window has none, the output is the bias |
/// | output | v′, [N, C′, H′, W′], the sizes of PyTorch's ConvTranspose2d |
///
/// Parameters: `weight`, [C, C′/groups, kh, kw] or [1, 1, kh, kw] if shared; `bias`, [C′];
/// `inv_alpha`, `inv_lambda`, [1]; `smooth_kernel`, [1, 1, n, n].
///
/// `groups` are ConvTranspose2d's, as `PacConv2d`'s are Conv2d's.
///
/// v′ᵢ = Σⱼ K(fᵢ, fⱼ) W[pᵢ − pⱼ] vⱼ + b over the input's pixels, which lie `stride` output pixels
/// apart; the zeros between them are never multiplied. K is read at the output's resolution with a
/// padding of dilation·(k − 1)/2. As published, the filter is not turned: with K ≡ 1 this is
/// ConvTranspose2d with W rotated by 180°.
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
public final class PacConvTranspose2d: PacConvolutionLayer {
  /// Makes a layer.
  /// - Parameters:
  ///   - inputChannels: C.
  ///   - outputChannels: C′; as many as C with shared filters.
  ///   - window: kernel size, stride, padding, output padding and dilation.
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
      "PacConvTranspose2d", transposed: true, inputChannels: inputChannels,
      outputChannels: outputChannels,
      window: window, groups: groups, options: options, bias: bias, sharedFilters: sharedFilters,
      filler: filler,
      random: &random)
  }
}
