import PACConfiguration
import PACFiles

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
    try self.init(
      yaml: ConfigurationReader.contents(of: path), name: path, overrides: overrides,
      settings: settings, tasks: tasks)
  }

  /// Reads a configuration from YAML text, which error messages call `name`.
  ///
  /// Otherwise the same as `init(file:overrides:settings:tasks:)`.
  public init(
    yaml: String, name: String, overrides: [String] = [], settings: [ConfigurationSetting] = [],
    tasks: [any TaskSettings.Type]
  ) throws {
    guard let first = tasks.first else { preconditionFailure("the list of tasks is empty") }
    var reader = ConfigurationReader(file: name)
    try reader.read(yaml: yaml)
    try reader.apply(overrides: overrides)
    for setting in settings { reader.apply(setting) }
    self.init(first.init(), tasks: tasks)
    try take(reader)
    try requireComplete(reader)
  }

  /// Sets every given value, beginning with the network, on which the other keys depend.
  private mutating func take(_ reader: ConfigurationReader) throws {
    let model = keys.first { $0.name == "model" }
    for given in reader.values where given.name == "model" {
      try model?.set(given.value, at: given.place, in: &self)
    }
    let keys = keys
    for (name, value) in type(of: settings).generalDefaults {
      guard let key = keys.first(where: { $0.name == name }) else {
        preconditionFailure("a default for '\(name)', which is no key")
      }
      try key.set(.override(value), at: type(of: settings).task, in: &self)
    }
    for given in reader.values where given.name != "model" {
      guard let key = keys.first(where: { $0.name == given.name }) else {
        throw unexpected(given)
      }
      try key.set(given.value, at: given.place, in: &self)
    }
  }

  /// The error for a key that the network's task does not have.
  private func unexpected(_ given: ConfigurationReader.Given) -> ConfigurationError {
    let task = type(of: settings).task
    var others: Set<String> = []
    for other in tasks { others.formUnion(Self.taskKeys(other).map(\.name)) }
    guard !others.contains(given.name) else {
      let article = "aeiou".contains(task.prefix(1)) ? "an" : "a"
      return ConfigurationError(
        place: given.place,
        problem: "\(given.name): has no effect with model \(model), \(article) \(task) network; "
          + "remove it")
    }
    let nearest = ConfigurationKey.nearest(to: given.name, among: keys)
    return ConfigurationError(
      place: given.place, problem: "unknown key '\(shown(given.name))'; \(nearest)")
  }

  /// Checks that all required keys are given and all values are compatible.
  private mutating func requireComplete(_ reader: ConfigurationReader) throws {
    let missing = keys.filter { $0.defaultValue == nil && reader[$0.name] == nil }
    if let first = missing.first {
      let names = missing.map { "'\($0.name)'" }.joined(separator: ", ")
      throw ConfigurationError(
        place: reader.file,
        problem: missing.count == 1
          ? "the key \(names) is missing; give \(first.allowed)"
          : "the keys \(names) are missing; they have no default")
    }
    if let conflict {
      let place = conflict.keys.lazy.compactMap { reader[$0]?.place }.first
      throw ConfigurationError(place: place ?? reader.file, problem: conflict.problem)
    }
    run = try fillingIn(run, at: "\(reader["run"]?.place ?? reader.file): run")
  }
}
