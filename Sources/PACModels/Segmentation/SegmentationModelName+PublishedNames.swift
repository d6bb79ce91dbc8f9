import PACAutograd
import PACLayers

extension SegmentationModelName {
  /// The published names of the network's parameters.
  ///
  /// | parameter | published |
  /// |---|---|
  /// | `conv1_1.weight` of the backbone below a CRF | `backbone.conv1_1.weight` |
  /// | `crf_scales.K` | `feat_scales.K` |
  /// | `crf.…` | the same |
  /// | a pairwise term's constant weight | `crf.pairwise_weights.K`, `crf.steps.S.pair…` if loose |
  ///
  /// Backbones alone have their published names, and so have networks with a CRF that was not
  /// published.
  public var publishedNames: PublishedNames { refinement?.publishedNames ?? .own }

  /// The published names of a backbone's parameters in the file of a network with a CRF.
  public static let publishedBackboneNames = PublishedNames(
    beginnings: [(own: "", published: "backbone.")])
}

extension SegmentationModelName.Refinement {
  /// The published names of the parameters of a network with this CRF.
  var publishedNames: PublishedNames {
    guard let mean = publishedMeanField else { return .own }
    let steps = mean.looseSteps.map { (0..<$0).map { "crf.steps.\($0)" } } ?? ["crf"]
    let constants = steps.flatMap { step in
      mean.kernels.enumerated().filter { !$1.learnsWeight }.map { number, kernel in
        PublishedNames.Constant(
          name: "\(step).pairwise_weights.\(number)", value: kernel.signedWeight,
          // The weights of 4d terms are stored, but never used.
          isUsed: kernel.compatType != .filter4d)
      }
    }
    return PublishedNames(
      beginnings: [
        (own: "crf.", published: "crf."), (own: "crf_scales.", published: "feat_scales."),
        (own: "", published: "backbone."),
      ], constants: constants)
  }

  /// The pairwise terms, and the number of steps if they are loose; nil if the CRF was not
  /// published.
  private var publishedMeanField: (looseSteps: Int?, kernels: [PairwiseKernel])? {
    switch self {
    case .pac(let steps, let loose, let kernels): (loose ? steps : nil, kernels)
    case .convolutional: (nil, PairwiseKernel.convolutional)
    default: nil
    }
  }
}
