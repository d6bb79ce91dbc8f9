import Foundation
import Yams

/// Collects values from a file and from overrides, and remembers where each came from.
struct ConfigurationReader {
  private let file: String
  private var configuration = TrainingConfiguration(run: "", data: "", factor: 0, epochs: 0)
  /// Where each given key stands, `Configs/nyu_x8.yaml:7` or `override`.
  private var places: [String: String] = [:]

  /// Starts with nothing given.
  /// - Parameter file: what messages call the file.
  init(file: String) { self.file = file }

  /// The text of a file.
  static func contents(of path: String) throws -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw TrainingError.configuration(place: path, problem: "no such file; check the path")
    }
    guard !isFolder.boolValue else {
      throw TrainingError.configuration(place: path, problem: "is a folder; name a YAML file")
    }
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw TrainingError.configuration(
        place: path, problem: "cannot be read; check its permissions")
    }
    guard let text = String(bytes: bytes, encoding: .utf8) else {
      throw TrainingError.configuration(place: path, problem: "is not text; name a YAML file")
    }
    return text
  }

  /// Takes over the keys of a YAML text.
  mutating func read(yaml: String) throws {
    guard let root = try compose(yaml) else { return }
    guard case .mapping(let mapping) = root else {
      throw failure(file, "expected lines 'key: value', found \(ConfigurationValue(root).words)")
    }
    for (key, value) in mapping {
      let place = key.mark.map { "\(file):\($0.line)" } ?? file
      guard let name = key.scalar?.string else {
        throw failure(place, "expected a key, found \(ConfigurationValue(key).words)")
      }
      if places[name] != nil { throw failure(place, "key '\(name)' is given twice; remove one") }
      try set(name, ConfigurationValue(value), at: place)
    }
  }

  /// Takes over `key=value` arguments, which win over what was read before.
  mutating func apply(overrides: [String]) throws {
    var seen: Set<String> = []
    for override in overrides {
      let parts = override.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw failure("override", "expected key=value, found '\(override)'")
      }
      let name = String(parts[0])
      guard seen.insert(name).inserted else {
        throw failure("override", "key '\(name)' is given twice; remove one")
      }
      try set(name, parts[1].isEmpty ? .nothing : .override(String(parts[1])), at: "override")
    }
  }

  /// The configuration, once everything required is there and fits together.
  mutating func finish() throws -> TrainingConfiguration {
    let kind = configuration.taskKind
    for key in TrainingConfiguration.keys where !configuration.uses(key) {
      guard let place = places[key.name] else { continue }
      throw failure(
        place,
        "\(key.name): has no effect with model \(configuration.model.rawValue), \(kind.article) \(kind.rawValue) "
          + "network; remove it")
    }
    configuration.applyTaskDefaults { places[$0] != nil }
    let missing = TrainingConfiguration.keys.filter {
      $0.defaultValue == nil && places[$0.name] == nil && configuration.uses($0)
    }
    if let first = missing.first {
      let names = missing.map { "'\($0.name)'" }.joined(separator: ", ")
      throw failure(
        file,
        missing.count == 1
          ? "the key \(names) is missing; give \(first.allowed)"
          : "the keys \(names) are missing; they have no default")
    }
    if let conflict = configuration.conflict {
      let key = conflict.keys.first { places[$0] != nil }
      throw failure(key.flatMap { places[$0] } ?? file, conflict.problem)
    }
    configuration.run = try configuration.fillingIn(
      configuration.run, at: "\(places["run"] ?? file): run")
    return configuration
  }

  private mutating func set(_ name: String, _ value: ConfigurationValue, at place: String) throws {
    guard let key = TrainingConfiguration.keys.first(where: { $0.name == name }) else {
      let nearest = NearestWord.key(for: name)
      throw failure(place, "unknown key '\(name)'; \(nearest)")
    }
    guard key.read(value, &configuration) else {
      if let fault = value.text.flatMap(key.explain) { throw failure(place, "\(name): \(fault)") }
      let problem = "\(name): expected \(key.allowed), found \(value.words)"
      let guess = value.text.flatMap { text in
        // What stands behind an underscore are numbers of a model's name.
        [text, String(text.prefix { $0 != "_" })].lazy
          .compactMap { NearestWord.guess(for: $0, among: key.choices) }.first
      }
      throw failure(place, guess.map { "\(problem); did you mean '\($0)'?" } ?? problem)
    }
    places[name] = place
  }

  private func failure(_ place: String, _ problem: String) -> TrainingError {
    .configuration(place: place, problem: problem)
  }

  private func compose(_ yaml: String) throws -> Node? {
    do {
      return try Yams.compose(yaml: yaml)
    } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
      let names = duplicates.map { "'\($0)'" }.joined(separator: ", ")
      throw failure("\(file):\(context.mark.line)", "key \(names) is given twice; remove one")
    } catch YamlError.scanner(_, let problem, let mark, _) {
      throw failure("\(file):\(mark.line)", "not valid YAML: \(problem)")
    } catch YamlError.parser(_, let problem, let mark, _) {
      throw failure("\(file):\(mark.line)", "not valid YAML: \(problem)")
    } catch YamlError.composer(_, let problem, let mark, _) {
      throw failure("\(file):\(mark.line)", "not valid YAML: \(problem)")
    } catch YamlError.reader(let problem, let offset, _, _) {
      let line = offset.map { 1 + yaml.prefix($0).count(where: \.isNewline) }
      throw failure(line.map { "\(file):\($0)" } ?? file, "not valid YAML: \(problem)")
    } catch {
      let words = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
      throw failure(file, "not valid YAML: \(words)")
    }
  }
}

extension ConfigurationValue {
  /// The value a YAML node stands for.
  fileprivate init(_ node: Node) {
    switch node {
    case .scalar(let scalar):
      let quoted = scalar.style != .plain
      let isNull = !quoted && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
      self = isNull ? .nothing : .scalar(scalar.string, quoted: quoted)
    case .sequence(let sequence): self = .list(sequence.map(ConfigurationValue.init))
    case .mapping: self = .other("a group of keys")
    case .alias: self = .other("an alias")
    }
  }
}

extension TrainingConfiguration {
  /// Reads a configuration.
  ///
  /// Strict: an unknown key, a key given twice, a wrong type, a value out of range, values that do not fit
  /// together and a missing required key are errors of one line that name file and line, or `override`.
  /// - Parameters:
  ///   - path: a YAML file of flat `key: value` lines, see `keys`.
  ///   - overrides: `key=value` texts, which win over the file; a list is written `[10,20]` or `10,20`.
  /// - Throws: `TrainingError.configuration`.
  public init(file path: String, overrides: [String] = []) throws {
    try self.init(
      yaml: ConfigurationReader.contents(of: path), name: path, overrides: overrides)
  }

  /// Reads a configuration from YAML text, which messages call `name`.
  ///
  /// Otherwise as `init(file:overrides:)`.
  public init(yaml: String, name: String, overrides: [String] = []) throws {
    var reader = ConfigurationReader(file: name)
    try reader.read(yaml: yaml)
    try reader.apply(overrides: overrides)
    self = try reader.finish()
  }
}
