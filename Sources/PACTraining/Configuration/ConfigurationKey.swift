/// One key of the configuration: its name, what it stands for, and how its values are read and written.
public struct ConfigurationKey: Sendable {
  /// The name in files and overrides, hyphenated.
  public let name: String
  /// The value if the key is not given, nil if it must be.
  public let defaultValue: String?
  /// The allowed values in words.
  public let allowed: String
  /// What the value means, on one line.
  public let summary: String
  /// Whether a run may be continued with another value and still give what it would have given.
  public let mayChange: Bool
  /// The kind of network that the key belongs to; nil: all.
  public let only: TrainingConfiguration.TaskKind?
  /// Names under which other programs know it: only used to guess what a misspelt key meant.
  let otherNames: [String]
  let choices: [String]
  let explain: @Sendable (String) -> String?
  let read: @Sendable (ConfigurationValue, inout TrainingConfiguration) -> Bool
  let write: @Sendable (TrainingConfiguration) -> String

  /// Describes the key that sets a property.
  init<Value>(
    _ name: String, _ property: any WritableKeyPath<TrainingConfiguration, Value> & Sendable,
    _ kind: ConfigurationKind<Value>, _ summary: String,
    only: TrainingConfiguration.TaskKind? = nil, required: Bool = false,
    mayChange: Bool = false, otherNames: [String] = []
  ) {
    let unset = TrainingConfiguration(run: "", data: "", factor: 0, epochs: 0)
    self.name = name
    self.defaultValue = required ? nil : kind.format(unset[keyPath: property])
    self.allowed = kind.allowed
    self.summary = summary
    self.mayChange = mayChange
    self.only = only
    self.otherNames = otherNames
    self.choices = kind.choices
    self.explain = kind.explain
    self.read = { value, configuration in
      guard let parsed = kind.parse(value) else { return false }
      configuration[keyPath: property] = parsed
      return true
    }
    self.write = { kind.format($0[keyPath: property]) }
  }
}
