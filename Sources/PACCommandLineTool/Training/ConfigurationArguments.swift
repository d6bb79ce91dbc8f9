import ArgumentParser
import PACTraining

/// The configuration file and the settings that override it.
struct ConfigurationArguments: ParsableArguments {
  @Argument(help: "Configuration file (YAML).")
  var configuration: String

  @Argument(help: "Settings that win over the file: key=value.")
  var overrides: [String] = []

  /// Reads and checks the configuration.
  /// - Parameters:
  ///   - tasks: the tasks among which the network's name chooses.
  ///   - settings: values that win over the overrides.
  /// - Returns: the configuration.
  /// - Throws: `ConfigurationError`.
  func load(
    _ tasks: TaskList, _ settings: [(key: String, value: String)] = []
  ) throws -> TrainingConfiguration {
    let kept = overrides.filter { override in
      !settings.contains { override.hasPrefix("\($0.key)=") }
    }
    return try TrainingConfiguration(
      file: configuration, overrides: kept + settings.map { "\($0.key)=\($0.value)" },
      tasks: tasks.settings)
  }
}
