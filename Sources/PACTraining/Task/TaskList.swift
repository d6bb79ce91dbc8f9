import PACWeights

/// A type of task, registered in a program's `TaskList`.
public struct TaskKind: Sendable {
  /// The type of its settings.
  public let settings: any TaskSettings.Type
  private let make: @Sendable (TrainingConfiguration) throws -> any TrainingTask

  /// Registers a type of task.
  public init<Task: TrainingTask & SendableMetatype>(_ task: Task.Type) {
    settings = Task.Settings.self
    make = { configuration in
      guard let settings = configuration.settings as? Task.Settings else {
        preconditionFailure("\(Task.self) of \(configuration.settings)")
      }
      return try Task(configuration, settings)
    }
  }

  fileprivate func callAsFunction(
    _ configuration: TrainingConfiguration
  ) throws -> any TrainingTask {
    try make(configuration)
  }
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
    let wanted = type(of: configuration.settings)
    guard let kind = kinds.first(where: { $0.settings == wanted }) else {
      preconditionFailure("no task for \(wanted)")
    }
    return try kind(configuration)
  }
}
