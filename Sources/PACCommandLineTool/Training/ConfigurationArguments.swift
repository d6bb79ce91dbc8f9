import ArgumentParser
import PACConfiguration
import PACTraining

/// The configuration file and the settings that override it.
struct ConfigurationArguments: ParsableArguments {
  @Argument(help: "Configuration file in YAML, such as Configs/quickstart.yaml.")
  var configuration: String

  @Argument(
    help: ArgumentHelp(
      "Settings that take precedence over the file, such as lr=0.0002 epochs=20.",
      valueName: "key=value"))
  var overrides: [String] = []

  /// Reads the configuration and collects what is wrong with it.
  /// - Parameters:
  ///   - tasks: the tasks that the network's name can choose.
  ///   - settings: values that take precedence over the overrides.
  /// - Returns: what was read.
  func read(_ tasks: TaskList, _ settings: [ConfigurationSetting] = []) -> ConfigurationReading {
    let kept = overrides.filter { override in
      !settings.contains { override.hasPrefix("\($0.name)=") }
    }
    return ConfigurationReading(
      file: configuration, overrides: kept, settings: settings, tasks: tasks.settings)
  }

  /// Reads and checks the configuration.
  /// - Parameters:
  ///   - tasks: the tasks that the network's name can choose.
  ///   - settings: values that take precedence over the overrides.
  /// - Returns: the configuration.
  /// - Throws: `ConfigurationError`.
  func load(
    _ tasks: TaskList, _ settings: [ConfigurationSetting] = []
  ) throws -> TrainingConfiguration {
    try read(tasks, settings).get()
  }
}
