import PACAutograd
import PACLayers
import PACTensors

/// A network that scores the classes of every pixel of an image: a backbone, optionally with a CRF
/// on top.
public struct SegmentationModel {
  /// Its name.
  public let name: SegmentationModelName
  /// C, the number of classes.
  public let classes: Int
  private let backbone: any SegmentationBackbone
  private let refinement: CRFRefinement?

  /// Makes a network.
  /// - Parameters:
  ///   - name: which.
  ///   - classes: C; 21 in Pascal VOC.
  ///   - perturbed: whether small random numbers are added to the CRF's initial filters, as
  ///     published.
  ///   - seed: the seed of the initial values.
  /// - Throws: `LayerError` if there is no such network.
  public init(
    _ name: SegmentationModelName, classes: Int = 21, perturbed: Bool = true, seed: UInt64
  ) throws {
    self.name = name
    self.classes = classes
    backbone = try name.backbone.make(classes: classes, seed: seed)
    refinement = try name.refinement.map {
      try CRFRefinement($0, classes: classes, perturbed: perturbed, seed: seed)
    }
  }

  /// The parameters that are trained and stored in checkpoints, by name: all, or only the CRF's if
  /// the backbone is frozen.
  ///
  /// The backbone's have the names of the published FCN8s checkpoints; the CRF's begin with `crf.`,
  /// and the scales of its features with `crf_scales.`. Published files of networks with a CRF
  /// have other names, `publishedNames`.
  public var parameters: [(name: String, parameter: Parameter)] {
    (name.isFrozen ? [] : backbone.parameters) + (refinement?.parameters ?? [])
  }

  /// The published names of `parameters`, for saving and loading them.
  public var publishedNames: PublishedNames { name.publishedNames }

  /// The means to subtract from blue, green and red, in 0…255, before an image enters the network.
  public var means: [Float] { backbone.means }

  /// The backbone's parameters by their published names, frozen or not.
  public var backboneParameters: [(name: String, parameter: Parameter)] { backbone.parameters }

  /// The scores of the backbone alone.
  /// - Parameters:
  ///   - image: blue, green and red minus `means`, [N, 3, H, W] of any size; N = 1 with dropout.
  ///   - dropout: chooses the channels to drop during training; nil: no dropout. A frozen backbone
  ///     has no dropout.
  /// - Returns: [N, C, H, W].
  /// - Throws: `LayerError` if the shape does not fit.
  public func unary(_ image: Variable, dropout: CounterRandom? = nil) throws -> Variable {
    guard name.isFrozen else { return try backbone(image, dropout: dropout) }
    // Without a tape, because a frozen backbone needs no backward pass.
    let scores = try backbone(Variable(image.value), dropout: nil)
    return Variable(scores.value, tape: image.tape)
  }

  /// The network's scores.
  /// - Parameters:
  ///   - image: blue, green and red minus `means`, [N, 3, H, W] of any size; N = 1 with dropout.
  ///   - dropout: decides which channels are dropped while training; nil: none.
  /// - Returns: log-probabilities up to a constant, [N, C, H, W].
  /// - Throws: `LayerError` if the shape does not fit.
  public func callAsFunction(_ image: Variable, dropout: CounterRandom? = nil) throws -> Variable {
    try refined(unary(image, dropout: dropout), image: image)
  }

  /// Refines scores with the CRF.
  /// - Parameters:
  ///   - unary: the backbone's scores, [N, C, H, W].
  ///   - image: as above.
  /// - Returns: as above; `unary` itself without a CRF.
  /// - Throws: `LayerError` if the shapes do not fit.
  public func refined(_ unary: Variable, image: Variable) throws -> Variable {
    try refinement?(unary, image: image) ?? unary
  }
}
