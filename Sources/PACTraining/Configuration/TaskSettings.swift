import PACAutograd
import PACConfiguration
import PACWeights

/// The part of a configuration that belongs to one task: its network, and the keys that only this
/// task has.
public protocol TaskSettings: Sendable {
  /// The task in one word, such as `upsampling`.
  static var task: String { get }
  /// How the networks of the task are named.
  static var networks: NetworkNames { get }
  /// The task's own keys.
  static var keys: [ConfigurationKey<Self>] { get }
  /// The general keys whose default differs for this task, with that default.
  static var generalDefaults: [String: String] { get }

  /// The network that weights seem to belong to, judged by names and shapes; nil if unknown.
  static func recognized(_ weights: NetworkWeights) -> RecognizedNetwork?

  /// Makes settings in which everything has its default, the network too.
  init()

  /// The network's name, the value of the key `model`.
  var model: String { get }
  /// Selects a network by its name.
  /// - Returns: false, with nothing changed, if the task has no network of that name.
  mutating func choose(model: String) -> Bool
  /// The network that is trained to get this one's weights: usually the network itself.
  var trainableModel: String { get }
  /// Whether the network has parameters and thus needs weights.
  var hasParameters: Bool { get }
  /// How checkpoints and files of weights identify the network.
  var label: NetworkLabel { get }
  /// The published names of the network's parameters.
  var publishedNames: PublishedNames { get }
  /// The files that are read besides the dataset and `weights`, by the names of their keys.
  var inputFiles: [String: String] { get }
  /// A word such as `x8` that tells variants of one network apart; usually empty.
  var variant: String { get }
  /// The first conflict between values; nil if all are compatible.
  func conflict(in configuration: TrainingConfiguration) -> ConfigurationConflict?
}

extension TaskSettings {
  /// No general key has another default.
  public static var generalDefaults: [String: String] { [:] }
  /// No network is recognized.
  public static func recognized(_ weights: NetworkWeights) -> RecognizedNetwork? { nil }
  /// The network itself is trained.
  public var trainableModel: String { model }
  /// The network needs weights.
  public var hasParameters: Bool { true }
  /// The name of the trainable network, without further attributes.
  public var label: NetworkLabel { NetworkLabel(model: trainableModel) }
  /// The parameters have their published names.
  public var publishedNames: PublishedNames { .own }
  /// There are no further files.
  public var inputFiles: [String: String] { [:] }
  /// There are no variants.
  public var variant: String { "" }
  /// There are no conflicts.
  public func conflict(in configuration: TrainingConfiguration) -> ConfigurationConflict? { nil }
}

/// How the networks of a task are named, for error messages.
public struct NetworkNames: Sendable {
  /// Every form of a name as text; {…} stands for a number, […] is optional.
  public let forms: [String]
  /// What names begin with, used to suggest a correction for a misspelled one.
  public let heads: [String]
  /// What is wrong with a text that begins like a name but is not one; nil if it does not even
  /// begin like one.
  public let fault: @Sendable (String) -> String?

  /// Describes the names.
  public init(
    forms: [String], heads: [String], fault: @escaping @Sendable (String) -> String? = { _ in nil }
  ) {
    self.forms = forms
    self.heads = heads
    self.fault = fault
  }
}

/// Two values of a configuration that are incompatible.
public struct ConfigurationConflict: Sendable, Equatable {
  /// The keys involved, the one most likely to be wrong first.
  public let keys: [String]
  /// What is wrong, and what to do about it.
  public let problem: String

  /// Describes a conflict.
  public init(keys: [String], problem: String) {
    self.keys = keys
    self.problem = problem
  }
}
