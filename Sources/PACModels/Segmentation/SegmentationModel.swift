import PACAutograd
import PACLayers
import PACTensors

/// A network that gives every pixel of an image a score for each class: a backbone, with a CRF on top or without.
public struct SegmentationModel {
  /// The name it was made by.
  public let name: SegmentationModelName
  /// C, the number of classes.
  public let classes: Int
  private let backbone: any SegmentationBackbone
  private let refinement: CRFRefinement?

  /// Makes a network.
  /// - Parameters:
  ///   - name: which.
  ///   - classes: C; 21 in Pascal VOC.
  ///   - perturbed: whether the CRF's filters start with small random numbers added, as published.
  ///   - seed: draws the initial values.
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

  /// The parameters that training changes and checkpoints hold, by name: all, or the CRF's alone where the backbone is frozen.
  ///
  /// The backbone's are called as in the published FCN8s checkpoints; the CRF's begin with `crf.`, the scales of its features with
  /// `crf_scales.`.
  public var parameters: [(name: String, parameter: Parameter)] {
    (name.isFrozen ? [] : backbone.parameters) + (refinement?.parameters ?? [])
  }

  /// What is subtracted from blue, green and red, in 0…255, before the network sees an image.
  public var means: [Float] { backbone.means }

  /// The backbone's parameters by their published names, frozen or not.
  public var backboneParameters: [(name: String, parameter: Parameter)] { backbone.parameters }

  /// The backbone's scores alone.
  /// - Parameters:
  ///   - image: blue, green and red minus `means`, [N, 3, H, W] of any size; N = 1 with dropout.
  ///   - dropout: decides which channels are dropped while training; nil: none. A frozen backbone drops none.
  /// - Returns: [N, C, H, W].
  /// - Throws: `LayerError` if the shape does not fit.
  public func unary(_ image: Variable, dropout: CounterRandom? = nil) throws -> Variable {
    guard name.isFrozen else { return try backbone(image, dropout: dropout) }
    // Off the tape: nothing of a frozen backbone is kept for a backward pass.
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

  /// What the CRF makes of scores.
  /// - Parameters:
  ///   - unary: the backbone's scores, [N, C, H, W].
  ///   - image: as above.
  /// - Returns: as above; `unary` itself without a CRF.
  /// - Throws: `LayerError` if the shapes do not fit.
  public func refined(_ unary: Variable, image: Variable) throws -> Variable {
    try refinement?(unary, image: image) ?? unary
  }
}
