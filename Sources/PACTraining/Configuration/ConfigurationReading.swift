import PACConfiguration
import PACFiles

/// A configuration as it was read: whatever of it is valid, and everything that is wrong with it.
public struct ConfigurationReading {
  /// The configuration; what is in `unsettled` has its default, a required key its example.
  public private(set) var configuration: TrainingConfiguration
  /// Everything that is wrong, in the order in which it was found.
  public private(set) var errors: [ConfigurationError]
  /// The keys without a valid value, and those whose values are incompatible with others.
  public private(set) var unsettled: Set<String>
  /// The file's name in messages.
  public var file: String { reader.file }
  private let reader: ConfigurationReader
  private let tasks: [any TaskSettings.Type]

  /// Reads a file and overrides, see `TrainingConfiguration.init(file:overrides:settings:tasks:)`.
  public init(
    file path: String, overrides: [String] = [], settings: [ConfigurationSetting] = [],
    tasks: [any TaskSettings.Type]
  ) {
    var reader = ConfigurationReader(file: path)
    reader.read(file: path)
    self.init(&reader, overrides, settings, tasks)
  }

  /// Reads YAML text, which messages call `name`, and overrides.
  public init(
    yaml: String, name: String, overrides: [String] = [], settings: [ConfigurationSetting] = [],
    tasks: [any TaskSettings.Type]
  ) {
    var reader = ConfigurationReader(file: name)
    reader.read(yaml: yaml)
    self.init(&reader, overrides, settings, tasks)
  }

  private init(
    _ reader: inout ConfigurationReader, _ overrides: [String],
    _ settings: [ConfigurationSetting], _ tasks: [any TaskSettings.Type]
  ) {
    guard let first = tasks.first else { preconditionFailure("the list of tasks is empty") }
    reader.apply(overrides: overrides)
    for setting in settings { reader.apply(setting) }
    self.reader = reader
    self.tasks = tasks
    configuration = TrainingConfiguration(first.init(), tasks: tasks)
    errors = reader.errors
    unsettled = reader.unreadable
    takeValues()
    findMissingKeys()
    findConflicts()
    fillInRunFolder()
  }

  /// The configuration, if nothing is wrong with it.
  /// - Throws: the first error.
  public func get() throws(ConfigurationError) -> TrainingConfiguration {
    if let first = errors.first { throw first }
    return configuration
  }

  /// Where the value of a key was given: `Configs/nyu_x8.yaml:7` or `override`; nil if it was not.
  public func place(of key: String) -> String? { reader[key]?.place }

  // MARK: - Values

  /// Sets every given value, beginning with the network, on which the other keys depend.
  private mutating func takeValues() {
    let model = configuration.keys.filter { $0.name == "model" }
    for given in reader.values where given.name == "model" { take(given, among: model) }
    let keys = configuration.keys
    for key in keys {
      let isOwn = type(of: configuration.settings).generalDefaults[key.name] != nil
      if isOwn || key.defaultValue == nil { setStandIn(of: key, in: &configuration) }
    }
    for given in reader.values where given.name != "model" { take(given, among: keys) }
  }

  private mutating func take(
    _ given: ConfigurationReader.Given, among keys: [ConfigurationKey<TrainingConfiguration>]
  ) {
    let key = keys.first { $0.name == given.name }
    // Without a valid network it is not known whose keys these are.
    if unsettled.contains("model"), isValidForAnyTask(given) { return }
    do throws(ConfigurationError) {
      guard let key else { throw unexpected(given) }
      try key.set(given.value, at: given.place, in: &configuration)
      unsettled.remove(given.name)
    } catch {
      errors.append(error)
      unsettled.insert(given.name)
    }
  }

  private func isValidForAnyTask(_ given: ConfigurationReader.Given) -> Bool {
    tasks.contains { task in
      var scratch = TrainingConfiguration(task.init(), tasks: tasks)
      guard let key = TrainingConfiguration.taskKeys(task).first(where: { $0.name == given.name })
      else { return false }
      do throws(ConfigurationError) {
        try key.set(given.value, at: given.place, in: &scratch)
        return true
      } catch {
        return false
      }
    }
  }

  /// Sets a key to its default, a required one to its example.
  private func setStandIn(
    of key: ConfigurationKey<TrainingConfiguration>,
    in configuration: inout TrainingConfiguration
  ) {
    let task = type(of: configuration.settings)
    let value = task.generalDefaults[key.name] ?? key.defaultValue ?? key.example
    do throws(ConfigurationError) {
      try key.set(.override(value), at: task.task, in: &configuration)
    } catch {
      preconditionFailure("the default or example of a key is not valid: \(error)")
    }
  }

  /// The error for a key that the network's task does not have.
  private func unexpected(_ given: ConfigurationReader.Given) -> ConfigurationError {
    let task = type(of: configuration.settings).task
    var others: Set<String> = []
    for other in tasks { others.formUnion(TrainingConfiguration.taskKeys(other).map(\.name)) }
    guard !others.contains(given.name) else {
      let article = "aeiou".contains(task.prefix(1)) ? "an" : "a"
      return ConfigurationError(
        place: given.place,
        problem: "\(given.name): has no effect with model \(configuration.model), "
          + "\(article) \(task) network; remove it")
    }
    let nearest = ConfigurationKey.nearest(to: given.name, among: configuration.keys)
    return ConfigurationError(
      place: given.place, problem: "unknown key '\(shown(given.name))'; \(nearest)")
  }

  // MARK: - The whole

  /// Finds required keys that are not given.
  private mutating func findMissingKeys() {
    let isTaskKnown = !unsettled.contains("model")
    let missing = configuration.keys.filter { key in
      key.defaultValue == nil && reader[key.name] == nil && !unsettled.contains(key.name)
        && (isTaskKnown || Self.isGeneral(key, tasks))
    }
    unsettled.formUnion(missing.map(\.name))
    guard let first = missing.first, !reader.isFileUnreadable else { return }
    let names = missing.map { "'\($0.name)'" }.joined(separator: ", ")
    errors.append(
      ConfigurationError(
        place: reader.file,
        problem: missing.count == 1
          ? "the key \(names) is missing; give \(first.allowed)"
          : "the keys \(names) are missing; they have no default"))
  }

  private static func isGeneral(
    _ key: ConfigurationKey<TrainingConfiguration>, _ tasks: [any TaskSettings.Type]
  ) -> Bool {
    TrainingConfiguration.generalKeys(choosingFrom: tasks).contains { $0.name == key.name }
  }

  /// Finds values that are incompatible.
  ///
  /// After each conflict the key at fault is reset, so that the next one shows. Conflicts
  /// with a value that was not given, or not accepted, are not the user's.
  private mutating func findConflicts() {
    var reset: Set<String> = []
    while let conflict = configuration.conflict {
      if unsettled.isDisjoint(with: conflict.keys) {
        let place = conflict.keys.lazy.compactMap { [reader] in reader[$0]?.place }.first
        errors.append(
          ConfigurationError(place: place ?? reader.file, problem: conflict.problem))
      }
      // Another network would have other keys.
      let name = conflict.keys.first { $0 != "model" && !reset.contains($0) }
      guard let key = configuration.keys.first(where: { $0.name == name }) else { return }
      setStandIn(of: key, in: &configuration)
      reset.insert(key.name)
      unsettled.insert(key.name)
    }
  }

  /// Replaces keys in braces in the path of the run folder.
  private mutating func fillInRunFolder() {
    let place = "\(reader["run"]?.place ?? reader.file): run"
    do throws(ConfigurationError) {
      configuration.run = try configuration.fillingIn(configuration.run, at: place)
    } catch {
      errors.append(error)
      unsettled.insert("run")
    }
  }
}
