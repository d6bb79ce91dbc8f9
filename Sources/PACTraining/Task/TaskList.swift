import PACData
import PACWeights

/// A type of task, registered in a program's `TaskList`.
public struct TaskKind: Sendable {
  /// The type of its settings.
  public let settings: any TaskSettings.Type
  private let make: @Sendable (TrainingConfiguration) throws -> any TrainingTask
  private let findPublished:
    @Sendable (TrainingConfiguration, DatasetDescription) -> PublishedResult?

  /// Registers a type of task.
  public init<Task: TrainingTask & SendableMetatype>(_ task: Task.Type) {
    settings = Task.Settings.self
    @Sendable func own(_ configuration: TrainingConfiguration) -> Task.Settings {
      guard let settings = configuration.settings as? Task.Settings else {
        preconditionFailure("\(Task.self) of \(configuration.settings)")
      }
      return settings
    }
    make = { try Task($0, own($0)) }
    findPublished = { Task.published(for: own($0), in: $0, on: $1) }
  }

  fileprivate func callAsFunction(
    _ configuration: TrainingConfiguration
  ) throws -> any TrainingTask {
    try make(configuration)
  }

  fileprivate func published(
    for configuration: TrainingConfiguration, on dataset: DatasetDescription
  ) -> PublishedResult? { findPublished(configuration, dataset) }
}

/// The tasks of a program; the network named by a configuration selects one of them.
///
/// A program with one more task passes `TaskList(TaskList.builtIn.kinds + [TaskKind(MyTask.self)])`
/// to `Program.main(tasks:)`.
public struct TaskList: Sendable {
  /// The tasks; the default network is the first one's.
  public let kinds: [TaskKind]

  /// Makes a list of tasks.
  /// - Precondition: there is at least one.
  public init(_ kinds: [TaskKind]) {
    precondition(!kinds.isEmpty, "no tasks")
    self.kinds = kinds
  }

  /// The types of their settings.
  public var settings: [any TaskSettings.Type] { kinds.map(\.settings) }

  /// The default settings of the task that has a network, with this network; nil if none has it.
  public func settings(of model: String) -> (any TaskSettings)? {
    for type in settings {
      var settings = type.init()
      if settings.choose(model: model) { return settings }
    }
    return nil
  }

  /// The network of any task that weights seem to belong to; nil if unknown.
  public func recognized(_ weights: NetworkWeights) -> RecognizedNetwork? {
    for type in settings {
      if let network = type.recognized(weights) { return network }
    }
    return nil
  }

  /// Makes the task that a configuration selects, and opens its dataset.
  /// - Throws: an error of one line that the user can fix.
  /// - Precondition: the configuration was read for these tasks.
  public func makeTask(_ configuration: TrainingConfiguration) throws -> any TrainingTask {
    try kind(of: configuration)(configuration)
  }

  /// The result that a paper reports for the network of a configuration; nil if there is none.
  /// - Parameters:
  ///   - configuration: the configuration, read for these tasks.
  ///   - dataset: what its dataset says about itself.
  /// - Returns: the result.
  public func published(
    for configuration: TrainingConfiguration, on dataset: DatasetDescription
  ) -> PublishedResult? { kind(of: configuration).published(for: configuration, on: dataset) }

  private func kind(of configuration: TrainingConfiguration) -> TaskKind {
    let wanted = type(of: configuration.settings)
    guard let kind = kinds.first(where: { $0.settings == wanted }) else {
      preconditionFailure("no task for \(wanted)")
    }
    return kind
  }
}
