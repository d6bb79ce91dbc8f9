/// One kind of task that a program knows.
public struct TaskKind: Sendable {
  /// What a configuration says about it.
  public let settings: any TaskSettings.Type
  private let make: @Sendable (TrainingConfiguration) throws -> any TrainingTask

  /// Names a task.
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

/// The tasks that a program knows; a configuration's network chooses among them.
public struct TaskList: Sendable {
  /// The tasks; the first one's network is trained where none is named.
  public let kinds: [TaskKind]

  /// Lists tasks.
  /// - Precondition: at least one.
  public init(_ kinds: [TaskKind]) {
    precondition(!kinds.isEmpty, "no tasks")
    self.kinds = kinds
  }

  /// What configurations say about them.
  public var settings: [any TaskSettings.Type] { kinds.map(\.settings) }

  /// Makes the task that a configuration names, opening its dataset.
  /// - Throws: one line about what the user can mend.
  /// - Precondition: the configuration was read for these tasks.
  public func makeTask(_ configuration: TrainingConfiguration) throws -> any TrainingTask {
    let wanted = type(of: configuration.settings)
    guard let kind = kinds.first(where: { $0.settings == wanted }) else {
      preconditionFailure("no task for \(wanted)")
    }
    return try kind(configuration)
  }
}
