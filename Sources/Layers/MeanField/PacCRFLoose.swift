import Autograd
import Tensors

/// Mean-field inference of a PAC-CRF whose steps do not share their weights (paper, section 5; spec section 2).
///
/// logQ⁰ = unary; in each step Q = softmax(logQ), logQ = w_u · unary − Σ_k w_k · message_k(Q).
/// Every step has weights of its own.
///
/// | | |
/// |---|---|
/// | unary | log-probabilities of the labels up to a constant, [N, C, H, W] |
/// | features | one map for each pairwise kernel, [N, G, H, W]: its Gaussian kernel is exp(−½ ‖fⱼ − fᵢ‖²); those of `na` terms are not looked at |
/// | output | [N, C, H, W], see `FinalOutput` |
/// | parameters | `steps.S.unary_weight`, `steps.S.messengers.K.weight`, `steps.S.compat.K.weight`, `steps.S.pairwise_weights.K`, as far as the options have them learned |
///
/// K is computed once from the features, kh·kw·H·W numbers for each pairwise kernel, and serves all steps; a computation
/// without tape keeps nothing else from step to step. Departing from the published code,
/// `na` terms and `blur` for any size of image work here too.
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
public struct PacCRFLoose {
  private let meanField: MeanField

  /// The arguments it was made with.
  public var options: PacCRFOptions { meanField.options }

  /// Makes a CRF.
  ///
  /// 4d and spatial filters start as `PacFiller.crf`, compatibilities as 1 − identity, `na` filters as an ordinary
  /// convolution's.
  /// - Parameters:
  ///   - options: labels, steps, weights and pairwise kernels.
  ///   - random: draws initial values.
  /// - Throws: `LayerError` if an option is not possible.
  public init(_ options: PacCRFOptions, random: inout CounterRandom) throws {
    try options.validate("PacCRFLoose")
    let steps = try (0..<options.numSteps).map { _ in
      try MeanFieldStep(options, random: &random)
    }
    meanField = MeanField(name: "PacCRFLoose", options: options, steps: steps)
  }

  /// Applies the CRF.
  /// - Parameters:
  ///   - unary: [N, C, H, W].
  ///   - features: one map for each pairwise kernel, [N, G, H, W].
  /// - Returns: [N, C, H, W].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(_ unary: Variable, features: [Variable]) throws -> Variable {
    try meanField(unary, features: features)
  }

  /// Applies the CRF with kernels made beforehand.
  /// - Parameters:
  ///   - unary: [N, C, H, W].
  ///   - kernels: K of every pairwise kernel, see `edgeKernels`; nil for `na` terms.
  /// - Returns: [N, C, H, W].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(_ unary: Variable, kernels: [Variable?]) throws -> Variable {
    try meanField(unary, kernels: kernels)
  }

  /// The adapting kernels of edge features.
  /// - Parameter features: one map for each pairwise kernel, [N, G, H, W].
  /// - Returns: K of every pairwise kernel, [N, 1, kh, kw, H′, W′] at the blurred size; nil for `na` terms.
  /// - Throws: `LayerError` if the shapes do not fit.
  public func edgeKernels(_ features: [Variable]) throws -> [Variable?] {
    try meanField.edgeKernels(features)
  }

  /// The parameters with their published names behind `prefix`.
  public func parameters(_ prefix: String = "") -> [(name: String, parameter: Parameter)] {
    meanField.steps.enumerated().flatMap { $1.parameters(qualified(prefix, "steps.\($0)")) }
  }

  /// Sets every parameter to the value of its published name, or of its name in a `PacCRF`, which then goes to every step.
  /// - Parameter values: by name without prefix; those no parameter has are left alone.
  /// - Throws: `LayerError` if a value is missing or of another shape; then nothing has changed.
  public func load(_ values: [String: Tensor]) throws {
    try setParameters(parameters(), from: values, "PacCRFLoose") { name in
      name.split(separator: ".").dropFirst(2).joined(separator: ".")
    }
  }
}
