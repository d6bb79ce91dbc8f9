import PACTensors

/// Mean-field inference of a PAC-CRF whose steps do not share their weights (paper, section 5;
/// docs/mathematics.md#mean-field).
///
/// logQ⁰ = unary; in each step Q = softmax(logQ), logQ = w_u · unary − Σ_k w_k · message_k(Q).
/// Every step has weights of its own.
///
/// | | |
/// |---|---|
/// | unary | log-probabilities of the labels up to a constant, [N, C, H, W] |
/// | features | one map for each pairwise kernel, in order or by name, or one for all, [N, G, H, W] |
/// | output | [N, C, H, W], see `FinalOutput` |
///
/// The Gaussian kernel of features is exp(−½ ‖fⱼ − fᵢ‖²); those of `na` terms are not looked at.
///
/// Parameters: `steps.S.unary_weight`, `steps.S.messengers.K.weight`, `steps.S.compat.K.weight`,
/// `steps.S.pairwise_weights.K`, as far as the options have them learned.
///
/// K is computed once from the features, kh·kw·H·W numbers for each pairwise kernel, and serves all
/// steps; a computation without tape keeps nothing else from step to step. Departing from the
/// published code, `na` terms and `blur` for any size of image work here too.
///
/// ```swift
/// let options = PacCRFOptions(
///   channels: 4, numSteps: 3, pairwiseKernels: [PairwiseKernel(kernelSize: 3, dilation: 2)])
/// let shared = try PacCRF(options, random: &random)
/// let loose = try PacCRFLoose(options, random: &random)
/// try loose.load(
///   Dictionary(uniqueKeysWithValues: shared.parameters().map { ($0.name, $0.parameter.value) }))
/// let unary = Variable(.uniform([1, 4, 8, 9], within: 1, using: &random))
/// let image = Variable(.uniform([1, 3, 8, 9], within: 1, using: &random))
/// let output = try loose(unary, features: [image])
/// #expect(output.value.elements == (try shared(unary, features: [image])).value.elements)
/// ```
public final class PacCRFLoose: MeanField {
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
    try super.init("PacCRFLoose", sharingWeights: false, options, random: &random)
  }
}
