import PACAutograd
import PACTensors

/// A network that scores the classes of every pixel of an image, on its own or below a CRF.
public protocol SegmentationBackbone {
  /// What it wants subtracted from blue, green and red, in 0…255.
  var means: [Float] { get }

  /// Every parameter by its published name.
  var parameters: [(name: String, parameter: Parameter)] { get }

  /// Scores an image.
  /// - Parameters:
  ///   - image: blue, green and red minus `means`, [N, 3, H, W] of any size; N = 1 with dropout.
  ///   - dropout: decides which channels are dropped while training; nil: none.
  /// - Returns: [N, C, H, W].
  /// - Throws: `LayerError` if the shape does not fit.
  func callAsFunction(_ image: Variable, dropout: CounterRandom?) throws -> Variable
}

/// A backbone by its name; it makes the network.
///
/// Names are equal if their texts are.
public struct BackboneName: Sendable, CustomStringConvertible {
  /// The name.
  public let description: String
  private let construct: Construct

  /// Makes the network with its initial values.
  typealias Construct =
    @Sendable (_ classes: Int, _ seed: UInt64) throws -> any SegmentationBackbone

  /// Declares a backbone.
  /// - Parameters:
  ///   - description: its name: letters and digits, not ending in `frozen`.
  ///   - construct: makes it.
  init(declaring description: String, construct: @escaping Construct) {
    self.description = description
    self.construct = construct
  }

  /// Makes the backbone.
  /// - Parameters:
  ///   - classes: C.
  ///   - seed: draws the initial values.
  /// - Returns: the backbone.
  /// - Throws: `LayerError` if there is no such network.
  public func make(classes: Int, seed: UInt64) throws -> any SegmentationBackbone {
    try construct(classes, seed)
  }
}

extension BackboneName: Hashable {
  /// Whether two names are the same text.
  public static func == (a: BackboneName, b: BackboneName) -> Bool {
    a.description == b.description
  }

  /// Hashes the text.
  public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
