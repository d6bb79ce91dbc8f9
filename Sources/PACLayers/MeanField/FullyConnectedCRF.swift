import PACAutograd
import PACTensors

/// Mean-field inference of a conditional random field in which every pixel is joined to every
/// other; for inference only.
///
/// Krähenbühl and Koltun, *Efficient Inference in Fully Connected CRFs with Gaussian Edge
/// Potentials*, NIPS 2011. With positions p and colours I,
///
/// k₁(i, j) = exp(−‖pᵢ − pⱼ‖² / 2θα² − ‖Iᵢ − Iⱼ‖² / 2θβ²), appearance, and
/// k₂(i, j) = exp(−‖pᵢ − pⱼ‖² / 2θγ²), smoothness;
///
/// logQ⁰ = unary; in each step Q = softmax(logQ), logQ = unary + Σₘ wₘ · D^(−½) Kₘ D^(−½) Q with
/// D = Kₘ 1 (Potts model: different labels of like pixels cost wₘ; a sum over the labels that all
/// of them share is left out). Messages are computed with `GaussianMessage`, which takes time
/// linear in the pixels.
///
/// | | |
/// |---|---|
/// | unary | log-probabilities of the labels up to a constant, [N, C, H, W] |
/// | image | [N, channels, H, W], up to five channels, usually three of 0…255; any shift does |
/// | output | [N, C, H, W], see `FinalOutput` |
///
/// Departing from the paper's equations, the kernels are divided by the roots of their sums, which
/// keeps weights comparable between kernels and over the image, and a pixel takes part in its own
/// message; so they are in the authors' later program.
///
/// ```swift
/// let crf = try FullyConnectedCRF(FullyConnectedCRFOptions(appearanceDistance: 20))
/// let unary = Variable(.uniform([1, 4, 11, 13], within: 1, using: &random))
/// let image = Variable(.uniform([1, 3, 11, 13], within: 128, using: &random))
/// let output = try crf(unary, image: image)
/// #expect(output.value.shape == [1, 4, 11, 13])
/// ```
public struct FullyConnectedCRF: Sendable {
  /// The settings it was made with.
  public let options: FullyConnectedCRFOptions
  private static var name: String { "FullyConnectedCRF" }

  /// Makes a CRF.
  /// - Throws: `LayerError` if a setting is not possible.
  public init(_ options: FullyConnectedCRFOptions = FullyConnectedCRFOptions()) throws {
    try options.validate(Self.name)
    self.options = options
  }

  /// Applies the CRF.
  /// - Parameters:
  ///   - unary: [N, C, H, W].
  ///   - image: [N, channels, H, W].
  /// - Returns: [N, C, H, W].
  /// - Throws: `LayerError` if the shapes do not fit, or the inputs want gradients, which are not
  ///   known.
  public func callAsFunction(_ unary: Variable, image: Variable) throws -> Variable {
    let shape = unary.value.shape
    try requireImages(shape, Self.name, "unary")
    try requireImages(image.value.shape, Self.name, "image")
    let own = image.value.shape
    guard own.batch == shape.batch, own.height == shape.height, own.width == shape.width else {
      throw LayerError(
        Self.name, "image", given: "of shape \(own)",
        allowed: "[\(shape.batch), channels, \(shape.height), \(shape.width)]")
    }
    for (name, input) in [("unary", unary), ("image", image)] where input.needsGradient {
      throw LayerError(
        Self.name, name, given: "in need of a gradient",
        allowed: "constants: the layer is for inference only")
    }
    let messages = try messages(image)
    let one = Variable(Tensor(scalar: 1))
    return try meanField(unary, steps: options.numSteps, finalOutput: options.finalOutput) { _, q in
      weightedSum(
        [WeightedTerm(unary, times: one)]
          + messages.map { weight, message in
            WeightedTerm(
              Variable(message(q.value)), times: Variable(Tensor(scalar: weight)))
          })
    }
  }

  /// The terms with their weights, as far as these are not 0.
  private func messages(_ image: Variable) throws -> [(weight: Float, message: GaussianMessage)] {
    let shape = image.value.shape
    var messages: [(Float, GaussianMessage)] = []
    if options.appearanceWeight > 0 {
      let features = try createYXRGB(
        image, yxScale: Variable(Tensor(scalar: options.appearanceDistance)),
        rgbScale: Variable(Tensor(scalar: options.appearanceColor)))
      messages.append(
        (options.appearanceWeight, try GaussianMessage(features.value, Self.name, "appearance")))
    }
    if options.smoothnessWeight > 0 {
      let features = try createPositionFeatures(
        height: shape.height, width: shape.width,
        scales: Variable(Tensor(scalar: options.smoothnessDistance)))
      messages.append(
        (options.smoothnessWeight, try GaussianMessage(features.value, Self.name, "smoothness")))
    }
    return messages
  }
}
