import PACAutograd
import PACTensors

/// A network that scores the classes of every pixel of an image, alone or with a CRF on top.
public protocol SegmentationBackbone {
  /// The means to subtract from blue, green and red, in 0…255.
  var means: [Float] { get }

  /// All parameters by their published names.
  var parameters: [(name: String, parameter: Parameter)] { get }

  /// Scores an image.
  /// - Parameters:
  ///   - image: blue, green and red minus `means`, [N, 3, H, W] of any size; N = 1 with dropout.
  ///   - dropout: chooses the channels to drop during training; nil: no dropout.
  /// - Returns: [N, C, H, W].
  /// - Throws: `LayerError` if the shape does not fit.
  func callAsFunction(_ image: Variable, dropout: CounterRandom?) throws -> Variable
}

/// The name of a backbone, which makes the network.
///
/// Names are equal if their strings are.
public struct BackboneName: Sendable, CustomStringConvertible {
  /// The name.
  public let description: String
  /// What its parameters are recognized by.
  let marks: Marks
  /// The network for classification that it is made of, whose weights it can start from; nil if
  /// there is none.
  public let classifier: PretrainedClassifier?
  private let construct: Construct

  /// Some parameters, by which files of weights are recognized.
  struct Marks: Sendable {
    /// The weight whose number of filters is the number of classes.
    let scores: String
    /// Names and shapes that no other kind of network has.
    let shapes: [String: Shape]
  }

  /// Makes the network with its initial values.
  typealias Construct =
    @Sendable (_ classes: Int, _ seed: UInt64) throws -> any SegmentationBackbone

  /// Declares a backbone.
  /// - Parameters:
  ///   - description: its name: letters and digits, not ending in `frozen`.
  ///   - marks: what its parameters are recognized by.
  ///   - classifier: the network for classification that it is made of.
  ///   - construct: makes it.
  init(
    declaring description: String, marks: Marks, classifier: PretrainedClassifier? = nil,
    construct: @escaping Construct
  ) {
    self.description = description
    self.marks = marks
    self.classifier = classifier
    self.construct = construct
  }

  /// Makes the backbone.
  /// - Parameters:
  ///   - classes: C.
  ///   - seed: the seed of the initial values.
  /// - Returns: the backbone.
  /// - Throws: `LayerError` if there is no such network.
  public func make(classes: Int, seed: UInt64) throws -> any SegmentationBackbone {
    try construct(classes, seed)
  }
}

/// A network for classification whose layers are those of a backbone, under other names.
public struct PretrainedClassifier: Sendable {
  /// Its name, such as `torchvision's VGG-16`.
  public let description: String
  /// The names of the backbone's parameters in its files.
  public let names: PublishedNames
  /// What to know about its weights in one line.
  public let remark: String
}

extension BackboneName: Hashable {
  /// Whether two names are the same string.
  public static func == (a: BackboneName, b: BackboneName) -> Bool {
    a.description == b.description
  }

  /// Hashes the string.
  public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
