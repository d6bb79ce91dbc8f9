import PACAutograd
import PACLayers
import PACTensors

/// A CRF over the pixels of an image, with the features of its pairwise terms.
struct CRFRefinement {
  private let crf: Inference
  private let features: [EdgeFeatures]

  private enum Inference {
    case shared(PacCRF)
    case loose(PacCRFLoose)
    case fullyConnected(FullyConnectedCRF)
    case lattice(BCLCRF)
  }

  /// Makes the CRF of a name.
  /// - Parameters:
  ///   - kind: the CRF.
  ///   - classes: C.
  ///   - perturbed: whether small random numbers are added to the initial filters, as published.
  ///   - seed: the seed of the initial values.
  /// - Throws: `LayerError` if there is no such CRF.
  init(
    _ kind: SegmentationModelName.Refinement, classes: Int, perturbed: Bool, seed: UInt64
  ) throws {
    // Its own epoch keeps the random numbers apart from the backbone's.
    var random = CounterRandom(seed: seed, purpose: .initialisation, epoch: 0, item: 1000)
    switch kind {
    case .pac(let steps, let loose, let kernels):
      let options = PacCRFOptions(
        channels: classes, numSteps: steps, perturbedInit: perturbed, pairwiseKernels: kernels)
      crf =
        loose
        ? .loose(try PacCRFLoose(options, random: &random))
        : .shared(try PacCRF(options, random: &random))
      features = kernels.map {
        $0.compatType == .notAdaptive ? .none : .colours(LearnedScale(channels: 3))
      }
    case .convolutional:
      crf = .shared(
        try PacCRF(
          PacCRFOptions(
            channels: classes, numSteps: 5, perturbedInit: perturbed, unaryWeight: 0.8,
            pairwiseKernels: PairwiseKernel.convolutional), random: &random))
      features = [.coloursAndPosition(position: 80, colour: 13), .position(3)]
    case .fullyConnected(let options):
      crf = .fullyConnected(try FullyConnectedCRF(options))
      // The fully-connected CRF computes its own features.
      features = []
    case .lattice(let settings):
      crf = .lattice(
        try BCLCRF(
          BCLCRFOptions(
            channels: classes, numSteps: settings.steps, loose: settings.loose,
            pairwiseKernels: settings.kernels), random: &random))
      features = settings.features
    }
  }

  /// Refines scores; see `SegmentationModel`.
  func callAsFunction(_ unary: Variable, image: Variable) throws -> Variable {
    let features = try features.map { try $0(image) }
    switch crf {
    case .shared(let crf): return try crf(unary, features: features)
    case .loose(let crf): return try crf(unary, features: features)
    case .fullyConnected(let crf): return try crf(unary, image: image)
    case .lattice(let crf): return try crf(unary, features: features)
    }
  }

  var parameters: [(name: String, parameter: Parameter)] {
    let own: [(name: String, parameter: Parameter)] =
      switch crf {
      case .shared(let crf): crf.parameters("crf")
      case .loose(let crf): crf.parameters("crf")
      case .fullyConnected: []
      case .lattice(let crf): crf.parameters("crf")
      }
    return own
      + features.enumerated().flatMap { number, feature in
        feature.parameters("crf_scales.\(number)")
      }
  }
}

extension PairwiseKernel {
  /// The terms of the convolutional CRF: Teichmann and Cipolla, *Convolutional CRFs for Semantic
  /// Segmentation*, 2018; docs/mathematics.md#semantic-segmentation lists the constants.
  static let convolutional = [Float(2), 0.6].map {
    PairwiseKernel(
      kernelSize: 11, blur: 4, compatType: .matrix2d, spatialFilter: false, pairwiseWeight: $0)
  }
}

extension SegmentationModelName.LatticeRefinement {
  /// The pairwise terms, as far as their weights are not 0.
  fileprivate var kernels: [LatticeKernel] {
    [
      LatticeKernel(
        featureChannels: 5, neighborhood: neighborhood, pairwiseWeight: appearanceWeight),
      LatticeKernel(
        featureChannels: 2, neighborhood: neighborhood, compatType: .matrix2d, learned: false,
        pairwiseWeight: smoothnessWeight),
    ].filter { $0.pairwiseWeight > 0 }
  }

  /// The features of each.
  fileprivate var features: [EdgeFeatures] {
    (appearanceWeight > 0
      ? [.coloursAndPosition(position: appearanceDistance, colour: appearanceColor)] : [])
      + (smoothnessWeight > 0 ? [.position(smoothnessDistance)] : [])
  }
}

/// The features that a pairwise term compares between pixels.
private enum EdgeFeatures {
  /// The image, divided by a learned scale per channel.
  case colours(LearnedScale)
  /// Row and column divided by one scale, and the image divided by another.
  case coloursAndPosition(position: Float, colour: Float)
  /// Row and column divided by a scale.
  case position(Float)
  /// No features.
  case none

  func callAsFunction(_ image: Variable) throws -> Variable {
    let shape = image.value.shape
    switch self {
    case .colours(let scale): return try scale(image)
    case .coloursAndPosition(let position, let colour):
      return try createYXRGB(
        image, yxScale: Variable(Tensor(scalar: position)),
        rgbScale: Variable(Tensor(scalar: colour)))
    case .position(let scale):
      return try createPositionFeatures(
        height: shape.height, width: shape.width, batch: shape.batch,
        scales: Variable(Tensor(scalar: scale)))
    case .none: return image
    }
  }

  func parameters(_ name: String) -> [(name: String, parameter: Parameter)] {
    if case .colours(let scale) = self { return [(name, scale.scales)] }
    return []
  }
}
