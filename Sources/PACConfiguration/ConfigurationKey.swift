import PACText

/// One key of a configuration: its name, its meaning, and how its values are read and written.
public struct ConfigurationKey<Settings>: Sendable {
  /// The name in files and overrides, hyphenated.
  public let name: String
  /// The default value; nil if the key is required.
  public let defaultValue: String?
  /// The allowed values as text.
  public let allowed: String
  /// What the value means, on one line.
  public let summary: String
  /// The theme under which it is documented.
  public let group: KeyGroup
  /// A typical value, as in a file.
  public let example: String
  /// Whether a run may be resumed with another value without a change of its result.
  public let mayChange: Bool
  /// Names that other programs use for it; only used to suggest the right key for an unknown one.
  public let otherNames: [String]
  /// The value as YAML.
  public let write: @Sendable (Settings) -> String
  let choices: [String]
  let explain: @Sendable (String) -> String?
  let read:
    @Sendable (ConfigurationValue, String, inout Settings) throws(ConfigurationError) -> Bool

  /// Describes a key that sets a property.
  /// - Parameters:
  ///   - name: the name in files and overrides.
  ///   - property: the property it sets.
  ///   - kind: the kind of its values.
  ///   - summary: what the value means, on one line.
  ///   - defaults: settings in which every property has its default.
  ///   - group: the theme under which it is documented.
  ///   - example: a typical value, as in a file; nil for the default. A required key needs one.
  ///   - required: whether the key must be given.
  ///   - mayChange: whether a run may be resumed with another value.
  ///   - otherNames: names that other programs use for it.
  public init<Value>(
    _ name: String, _ property: any WritableKeyPath<Settings, Value> & Sendable,
    _ kind: ConfigurationKind<Value>, _ summary: String, in defaults: Settings,
    group: KeyGroup = .other, example: String? = nil, required: Bool = false,
    mayChange: Bool = false, otherNames: [String] = []
  ) {
    precondition(!required || example != nil, "the required key \(name) needs an example")
    self.name = name
    self.defaultValue = required ? nil : kind.format(defaults[keyPath: property])
    self.allowed = kind.allowed
    self.summary = summary
    self.group = group
    self.example = example ?? kind.format(defaults[keyPath: property])
    self.mayChange = mayChange
    self.otherNames = otherNames
    self.choices = kind.choices
    self.explain = kind.explain
    self.read = {
      (value: ConfigurationValue, place: String, settings: inout Settings)
        throws(ConfigurationError) -> Bool in
      guard let parsed = try kind.read(value, place) else { return false }
      settings[keyPath: property] = parsed
      return true
    }
    self.write = { kind.format($0[keyPath: property]) }
  }

  /// Lifts the key to larger settings that contain these.
  /// - Parameters:
  ///   - part: returns these settings from the larger ones.
  ///   - change: calls its argument with these settings and stores the change.
  /// - Returns: the key.
  public func lifted<Whole>(
    part: @escaping @Sendable (Whole) -> Settings,
    change:
      @escaping @Sendable (
        inout Whole, (inout Settings) throws(ConfigurationError) -> Bool
      ) throws(ConfigurationError) -> Bool
  ) -> ConfigurationKey<Whole> {
    ConfigurationKey<Whole>(
      name: name, defaultValue: defaultValue, allowed: allowed, summary: summary, group: group,
      example: example, mayChange: mayChange, otherNames: otherNames, write: { write(part($0)) },
      choices: choices, explain: explain,
      read: {
        (value: ConfigurationValue, place: String, whole: inout Whole)
          throws(ConfigurationError) -> Bool in
        try change(&whole) { (part: inout Settings) throws(ConfigurationError) -> Bool in
          try read(value, place, &part)
        }
      })
  }

  private init(
    name: String, defaultValue: String?, allowed: String, summary: String, group: KeyGroup,
    example: String, mayChange: Bool, otherNames: [String],
    write: @escaping @Sendable (Settings) -> String, choices: [String],
    explain: @escaping @Sendable (String) -> String?,
    read:
      @escaping @Sendable (ConfigurationValue, String, inout Settings)
      throws(ConfigurationError) -> Bool
  ) {
    self.name = name
    self.defaultValue = defaultValue
    self.allowed = allowed
    self.summary = summary
    self.group = group
    self.example = example
    self.mayChange = mayChange
    self.otherNames = otherNames
    self.write = write
    self.choices = choices
    self.explain = explain
    self.read = read
  }
}

extension ConfigurationKey {
  /// Sets the property from a given value.
  /// - Throws: `ConfigurationError` with the place, the allowed values and the given one, or what is
  ///   wrong inside of it.
  public func set(
    _ value: ConfigurationValue, at place: String, in settings: inout Settings
  ) throws(ConfigurationError) {
    guard try !read(value, place, &settings) else { return }
    if let fault = value.text.flatMap(explain) {
      throw ConfigurationError(place: place, problem: "\(name): \(fault)")
    }
    let problem = "\(name): expected \(allowed), found \(value.words)"
    let guess = value.text.flatMap { text in
      // An underscore separates a model's name from its numbers.
      [text, String(text.prefix { $0 != "_" })].lazy
        .compactMap { NearestWord.guess(for: $0, among: choices) }.first
    }
    throw ConfigurationError(
      place: place, problem: guess.map { "\(problem); did you mean '\($0)'?" } ?? problem)
  }

  /// The suggestion after "unknown key": `did you mean 'lr'?` if a key is close, else the nearest
  /// one.
  public static func nearest(to name: String, among keys: [Self]) -> String {
    let spellings = keys.flatMap { key in
      ([key.name] + key.otherNames).map { (spelling: $0, key: key.name) }
    }
    // No key is longer, and comparing takes time for each pair of letters.
    let name = String(name.prefix(100))
    guard let nearest = NearestWord.nearest(to: name, among: spellings.map(\.spelling)) else {
      return ""
    }
    let key = spellings[nearest.index].key
    return nearest.isClose ? "did you mean '\(key)'?" : "the nearest known key is '\(key)'"
  }
}
