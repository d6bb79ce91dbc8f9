import PACTensors

/// Mean-field inference of a conditional random field with pixel-adaptive pairwise terms (paper,
/// section 5; docs/mathematics.md#mean-field).
///
/// logQ⁰ = unary; in each step Q = softmax(logQ), logQ = w_u · unary − Σ_k w_k · message_k(Q).
/// All steps share their weights.
///
/// | | |
/// |---|---|
/// | unary | log-probabilities of the labels up to a constant, [N, C, H, W] |
/// | features | one map for each pairwise kernel, in order or by name, or one for all, [N, G, H, W] |
/// | output | [N, C, H, W], see `FinalOutput` |
///
/// The Gaussian kernel of features is exp(−½ ‖fⱼ − fᵢ‖²); those of `na` terms are not looked at.
///
/// Parameters: `unary_weight`, `messengers.K.weight`, `compat.K.weight`, `pairwise_weights.K`, as
/// far as the options have them learned.
///
/// K is computed once from the features, kh·kw·H·W numbers for each pairwise kernel, and serves all
/// steps; a computation without tape keeps nothing else from step to step. Departing from the
/// published code, `blur` works for any size of image.
///
/// ```swift
/// let crf = try PacCRF(
///   PacCRFOptions(
///     channels: 4, numSteps: 5,
///     pairwiseKernels: [
///       PairwiseKernel(kernelSize: 5, dilation: 4),
///       PairwiseKernel(kernelSize: 3, blur: 2, compatType: .potts, spatialFilter: false),
///     ]),
///   random: &random)
/// let unary = Variable(.uniform([1, 4, 11, 13], within: 1, using: &random))
/// let image = Variable(.uniform([1, 3, 11, 13], within: 128, using: &random))
/// let colours = try LearnedScale(channels: 3)(image)
/// let output = try crf(unary, features: [colours, try createYXRGB(image)])
/// #expect(output.value.shape == [1, 4, 11, 13])
/// ```
///
/// Where pairwise kernels have names, features and kernels can be given by them:
///
/// ```swift
/// let crf = try PacCRF(
///   PacCRFOptions(
///     channels: 4, numSteps: 5,
///     pairwiseKernels: [
///       PairwiseKernel(name: "appearance", kernelSize: 5, dilation: 4),
///       PairwiseKernel(name: "smoothness", compatType: .potts),
///     ]),
///   random: &random)
/// let unary = Variable(.uniform([1, 4, 11, 13], within: 1, using: &random))
/// let image = Variable(.uniform([1, 3, 11, 13], within: 128, using: &random))
/// let output = try crf(
///   unary,
///   features: [
///     "appearance": try LearnedScale(channels: 3)(image),
///     "smoothness": try createPositionFeatures(height: 11, width: 13),
///   ])
/// #expect(output.value.shape == [1, 4, 11, 13])
/// ```
public final class PacCRF: MeanField {
  /// Makes a CRF.
  ///
  /// 4d and spatial filters start as `PacFiller.crf`, compatibilities as 1 − identity, both with
  /// uniform numbers in ±0.0005 added unless `perturbedInit` is false; `na` filters as an ordinary
  /// convolution's.
  /// - Parameters:
  ///   - options: labels, steps, weights and pairwise kernels.
  ///   - random: draws initial values.
  /// - Throws: `LayerError` if an option is not possible.
  public init(_ options: PacCRFOptions, random: inout CounterRandom) throws {
    try super.init("PacCRF", sharingWeights: true, options, random: &random)
  }
}
