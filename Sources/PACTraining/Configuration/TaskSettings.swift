import PACConfiguration
import PACWeights

/// What a configuration says about one task: its network, and the keys that mean nothing to other tasks.
public protocol TaskSettings: Sendable {
  /// The task in one word, such as `upsampling`.
  static var task: String { get }
  /// The networks of the task.
  static var networks: NetworkNames { get }
  /// The task's own keys.
  static var keys: [ConfigurationKey<Self>] { get }
  /// General keys that have another default with this task, and that default.
  static var generalDefaults: [String: String] { get }

  /// The defaults, with the network that is trained where none is named.
  init()

  /// The network's name.
  var model: String { get }
  /// Chooses a network.
  /// - Returns: false, and nothing has changed, if the task has no network of that name.
  mutating func choose(model: String) -> Bool
  /// The name of the network whose training gives this one's weights: mostly its own.
  var trainableModel: String { get }
  /// Whether the network has parameters, so that it needs weights.
  var hasParameters: Bool { get }
  /// What files of weights call the network.
  var label: NetworkLabel { get }
  /// What tells runs of one network apart, in a word such as `x8`; mostly empty.
  var variant: String { get }
  /// The first pair of values that do not fit together, nil if all do.
  func conflict(in configuration: TrainingConfiguration) -> ConfigurationConflict?
}

extension TaskSettings {
  /// None.
  public static var generalDefaults: [String: String] { [:] }
  /// The network whose training gives this one's weights.
  public var trainableModel: String { model }
  /// Whether the network needs weights.
  public var hasParameters: Bool { true }
  /// What files of weights call the network.
  public var label: NetworkLabel { NetworkLabel(model: trainableModel) }
  /// What tells runs of one network apart.
  public var variant: String { "" }
  /// The first pair of values that do not fit together.
  public func conflict(in configuration: TrainingConfiguration) -> ConfigurationConflict? { nil }
}

/// What the names of a task's networks look like, for messages.
public struct NetworkNames: Sendable {
  /// Every form of a name, in words; {…} stands for a number, […] may be left out.
  public let forms: [String]
  /// What names begin with, to guess what a misspelt one meant.
  public let heads: [String]
  /// What is wrong with a text that begins as a name but is none; nil if it does not begin as one.
  public let fault: @Sendable (String) -> String?

  /// Describes names.
  public init(
    forms: [String], heads: [String], fault: @escaping @Sendable (String) -> String? = { _ in nil }
  ) {
    self.forms = forms
    self.heads = heads
    self.fault = fault
  }
}

/// Two values that do not fit together.
public struct ConfigurationConflict: Sendable, Equatable {
  /// The keys concerned, the one most likely to be changed first.
  public let keys: [String]
  /// What is wrong, and what to do.
  public let problem: String

  /// Describes a conflict.
  public init(keys: [String], problem: String) {
    self.keys = keys
    self.problem = problem
  }
}
