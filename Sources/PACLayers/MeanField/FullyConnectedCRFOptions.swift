/// The settings of `FullyConnectedCRF`.
///
/// The numbers left out are those of the example that comes with Krähenbühl and Koltun's program;
/// the best ones depend on the unaries and are to be searched for on training images.
public struct FullyConnectedCRFOptions: Hashable, Sendable {
  /// The number of mean-field steps.
  public var numSteps: Int
  /// What is returned.
  public var finalOutput: FinalOutput
  /// w₁, the weight of the appearance term; 0 leaves it out.
  public var appearanceWeight: Float
  /// θα, how far apart pixels of an object may be in the appearance term, in pixels.
  public var appearanceDistance: Float
  /// θβ, how different their colours may be, in the image's units, usually 0…255.
  public var appearanceColor: Float
  /// w₂, the weight of the smoothness term; 0 leaves it out.
  public var smoothnessWeight: Float
  /// θγ, how far the smoothness term reaches, in pixels.
  public var smoothnessDistance: Float

  /// Names settings.
  public init(
    numSteps: Int = 5, finalOutput: FinalOutput = .logQ, appearanceWeight: Float = 10,
    appearanceDistance: Float = 80, appearanceColor: Float = 13, smoothnessWeight: Float = 3,
    smoothnessDistance: Float = 3
  ) {
    self.numSteps = numSteps
    self.finalOutput = finalOutput
    self.appearanceWeight = appearanceWeight
    self.appearanceDistance = appearanceDistance
    self.appearanceColor = appearanceColor
    self.smoothnessWeight = smoothnessWeight
    self.smoothnessDistance = smoothnessDistance
  }

  func validate(_ layer: String) throws {
    try require(numSteps, atLeast: 1, layer, "numSteps")
    let weights = [("appearanceWeight", appearanceWeight), ("smoothnessWeight", smoothnessWeight)]
    for (name, weight) in weights where !(weight >= 0 && weight.isFinite) {
      throw LayerError(layer, name, given: "\(weight)", allowed: "0 and more")
    }
    let widths = [
      ("appearanceDistance", appearanceDistance), ("appearanceColor", appearanceColor),
      ("smoothnessDistance", smoothnessDistance),
    ]
    for (name, width) in widths where !(width > 0 && width.isFinite) {
      throw LayerError(layer, name, given: "\(width)", allowed: "numbers above 0")
    }
  }
}
