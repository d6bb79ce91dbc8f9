import PACAutograd
import PACTensors

/// Mean-field inference of a conditional random field whose pairwise terms are filters learned on
/// the permutohedral lattice (docs/mathematics.md#filters-on-the-lattice).
///
/// Jampani, Kiefel, Gehler, *Learning Sparse High Dimensional Filters: Image Filtering, Dense CRFs
/// and Bilateral Neural Networks*, CVPR 2016. logQ⁰ = unary; in each step Q = softmax(logQ), logQ =
/// w_u · unary − Σ_k w_k · message_k(Q), the messages being `permutohedralConv2d` with symmetric
/// normalization. A pixel takes part in its own message.
///
/// | | |
/// |---|---|
/// | unary | log-probabilities of the labels up to a constant, [N, C, H, W] |
/// | features | one map for each pairwise kernel, [N, d, H, W], see `createYXRGB` |
/// | output | [N, C, H, W], see `FinalOutput` |
///
/// | compatType | message | the filter starts at |
/// |---|---|---|
/// | 4d | a filter for each pair of labels, [C, C, S] | g between different labels |
/// | 2d | one filter, [1, 1, S], then a learned C×C matrix that starts at 1 − I | g |
/// | potts | one filter, [1, 1, S]; w_k enters with a minus sign: like labels attract | g |
///
/// Parameters: `unary_weight`, `messengers.K.weight`, `compat.K.weight`, `pairwise_weights.K`, as
/// far as the options have them learned; `steps.S.…` if every step has weights of its own.
///
/// The lattices are built once and serve all steps and the backward pass.
///
/// ```swift
/// let crf = try BCLCRF(BCLCRFOptions(channels: 4), random: &random)
/// let unary = Variable(.uniform([1, 4, 11, 13], within: 1, using: &random))
/// let image = Variable(.uniform([1, 3, 11, 13], within: 128, using: &random))
/// let appearance = try createYXRGB(
///   image, yxScale: Variable(Tensor(scalar: 80)), rgbScale: Variable(Tensor(scalar: 13)))
/// let position = try createPositionFeatures(
///   height: 11, width: 13, scales: Variable(Tensor(scalar: 3)))
/// let output = try crf(unary, features: [appearance, position])
/// #expect(output.value.shape == [1, 4, 11, 13])
/// ```
public struct BCLCRF {
  /// The arguments it was made with.
  public let options: BCLCRFOptions
  private let steps: MeanFieldSteps<LatticeTerm>
  private static var name: String { "BCLCRF" }

  /// Makes a CRF.
  /// - Parameters:
  ///   - options: labels, steps, weights and pairwise kernels.
  ///   - random: draws initial values.
  /// - Throws: `LayerError` if an option is not possible.
  public init(_ options: BCLCRFOptions, random: inout CounterRandom) throws {
    try options.validate(Self.name)
    self.options = options
    steps = try MeanFieldSteps(
      Self.name, channels: options.channels, count: options.numSteps,
      finalOutput: options.finalOutput, sharingWeights: !options.loose
    ) {
      MeanFieldStep(
        unaryWeight: TermWeight(options.unaryWeight, learned: !options.fixedWeighting),
        terms: try options.pairwiseKernels.map { try LatticeTerm($0, options, random: &random) })
    }
  }

  /// Applies the CRF.
  /// - Parameters:
  ///   - unary: [N, C, H, W].
  ///   - features: one map for each pairwise kernel, [N, d, H, W].
  /// - Returns: [N, C, H, W].
  /// - Throws: `LayerError` if the shapes do not fit, or features are too large for a lattice.
  public func callAsFunction(_ unary: Variable, features: [Variable]) throws -> Variable {
    try steps.check(unary)
    try steps.requireCount(features.count, of: options.pairwiseKernels.count, "features")
    let lattices = try zip(options.pairwiseKernels, features).enumerated().map { number, pair in
      let (kernel, feature) = pair
      try steps.check(
        feature, number: number, channels: kernel.featureChannels, unary: unary.value.shape)
      do {
        return try FeatureLattice(feature, neighborhood: kernel.neighborhood)
      } catch let error as LayerError {
        throw LayerError("\(Self.name), pairwise kernel \(number)", error)
      }
    }
    let tape = unary.tape ?? features.lazy.compactMap(\.tape).first
    return try steps(unary, edges: lattices, tape: tape)
  }

  /// The parameters with their names behind `prefix`.
  public func parameters(_ prefix: String = "") -> [(name: String, parameter: Parameter)] {
    steps.parameters(prefix)
  }

  /// Sets every parameter to the value of its name.
  ///
  /// Where steps have weights of their own, a name without `steps.S.` will do as well: its value
  /// goes to every step.
  /// - Parameter values: by name without prefix; those no parameter has are left alone.
  /// - Throws: `LayerError` if a value is missing or of another shape; then nothing has changed.
  public func load(_ values: [String: Tensor]) throws { try steps.load(values) }
}

/// One pairwise term of one step of `BCLCRF`.
private struct LatticeTerm: MeanFieldTerm {
  let weight: TermWeight
  let compatibility: Parameter?
  private let messenger: PermutohedralConv2d
  private let isLearned: Bool

  init(_ settings: LatticeKernel, _ options: BCLCRFOptions, random: inout CounterRandom) throws {
    let isFull = settings.compatType == .filter4d
    messenger = try PermutohedralConv2d(
      inputChannels: options.channels, outputChannels: options.channels,
      featureChannels: settings.featureChannels, neighborhood: settings.neighborhood, bias: false,
      sharedFilters: !isFull, filler: isFull ? .crf : .gaussian, random: &random)
    isLearned = settings.learned
    messenger.weight.isTrainable = isLearned
    compatibility =
      settings.compatType == .matrix2d ? Parameter(differentLabels(options.channels)) : nil
    weight = TermWeight(
      settings.compatType.signed(settings.pairwiseWeight), learned: !options.fixedWeighting)
  }

  func message(_ q: Variable, _ lattice: FeatureLattice, _ tape: Tape?) throws -> Variable {
    try weighedByLabels(try messenger(q, lattice: lattice), tape)
  }

  func messengerParameters(_ prefix: String) -> [(name: String, parameter: Parameter)] {
    isLearned ? messenger.parameters(prefix) : []
  }
}
