import PACConfiguration

extension TrainingConfiguration {
  /// Reads and validates a configuration.
  ///
  /// Unknown keys, keys given twice in the file, wrong types, values out of range, incompatible values and
  /// missing required keys are errors of one line that name file and line, or `override`.
  /// - Parameters:
  ///   - path: a YAML file of flat `key: value` lines, see `keys`.
  ///   - overrides: `key=value` texts, which take precedence over the file; a list is written
  ///     `[10,20]` or `10,20`.
  ///   - settings: values given by other options, which take precedence over these.
  ///   - tasks: the tasks that the network's name can choose; the default network is the first
  ///     one's.
  /// - Throws: `ConfigurationError`.
  public init(
    file path: String, overrides: [String] = [], settings: [ConfigurationSetting] = [],
    tasks: [any TaskSettings.Type]
  ) throws {
    self = try ConfigurationReading(
      file: path, overrides: overrides, settings: settings, tasks: tasks
    ).get()
  }

  /// Reads a configuration from YAML text, which error messages call `name`.
  ///
  /// Otherwise the same as `init(file:overrides:settings:tasks:)`.
  public init(
    yaml: String, name: String, overrides: [String] = [], settings: [ConfigurationSetting] = [],
    tasks: [any TaskSettings.Type]
  ) throws {
    self = try ConfigurationReading(
      yaml: yaml, name: name, overrides: overrides, settings: settings, tasks: tasks
    ).get()
  }
}
