import Foundation
import PACFiles
import Yams

/// A value for a key, given as text on the command line.
public struct ConfigurationSetting: Sendable {
  /// The key's name.
  public let name: String
  /// Its value; empty for none.
  public let value: String
  /// Where it was given, for error messages: `override`, or an option such as `--factors`.
  public let place: String

  /// Describes a value.
  public init(name: String, value: String, place: String) {
    self.name = name
    self.value = value
    self.place = place
  }
}

/// Collects values from a file and from overrides, with the place of each.
public struct ConfigurationReader {
  /// A value given for a key, which may not exist.
  public struct Given {
    /// The key's name.
    public let name: String
    /// Its value.
    public let value: ConfigurationValue
    /// Where it was given: `Configs/nyu_x8.yaml:7` or `override`.
    public let place: String
  }

  /// The file's name in error messages.
  public let file: String
  /// All values in the order given; of several for one key the last one counts.
  public private(set) var values: [Given] = []

  /// Makes a reader without values.
  /// - Parameter file: the file's name in error messages.
  public init(file: String) { self.file = file }

  /// The value of a key; nil if it was not given.
  public subscript(name: String) -> Given? { values.last { $0.name == name } }

  /// The largest file in bytes; all keys with comments take some thousand.
  private static let mostBytes = 1 << 16
  private static let mostKeys = 1000
  fileprivate static let mostItems = 1000

  /// Reads the text of a file.
  /// - Throws: `ConfigurationError` if it is missing, is not text, is too large, or cannot be read.
  public static func contents(of path: String) throws -> String {
    let bytes: [UInt8]
    do throws(InputFile.Problem) {
      bytes = try InputFile.contents(of: path, atMost: mostBytes)
    } catch {
      throw ConfigurationError(place: path, problem: "\(error)")
    }
    guard let text = String(bytes: bytes, encoding: .utf8) else {
      throw ConfigurationError(place: path, problem: "is not text; name a YAML file")
    }
    return text
  }

  private static func tooLarge(_ place: String) -> ConfigurationError {
    ConfigurationError(
      place: place,
      problem:
        "has more than \(mostBytes >> 10) KiB; name a configuration in YAML"
    )
  }

  /// Adds the keys of a YAML text.
  ///
  /// Anchors are refused: by them a few lines could stand for more values than memory holds.
  public mutating func read(yaml: String) throws {
    guard yaml.utf8.count <= Self.mostBytes else { throw Self.tooLarge(file) }
    try requireNoAnchor(yaml)
    guard let root = try compose(yaml) else { return }
    guard case .mapping(let mapping) = root else {
      throw failure(file, "expected lines 'key: value', found \(ConfigurationValue(root).words)")
    }
    guard mapping.count <= Self.mostKeys else {
      throw failure(file, "\(mapping.count) keys, but there are not so many; name a configuration")
    }
    for (key, value) in mapping {
      let place = key.mark.map { "\(file):\($0.line)" } ?? file
      guard let name = key.scalar?.string else {
        throw failure(place, "expected a key, found \(ConfigurationValue(key).words)")
      }
      if self[name] != nil {
        throw failure(place, "key '\(shown(name))' is given twice; remove one")
      }
      values.append(Given(name: name, value: ConfigurationValue(value), place: place))
    }
  }

  /// Adds `key=value` arguments, which take precedence over what was read before; of several for
  /// one key the last one counts, as everywhere on a command line.
  public mutating func apply(overrides: [String]) throws {
    for override in overrides {
      let parts = override.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw failure("override", "expected key=value, found '\(override)'")
      }
      apply(
        ConfigurationSetting(
          name: String(parts[0]), value: String(parts[1]), place: "override"))
    }
  }

  /// Adds a value that takes precedence over what was read before.
  public mutating func apply(_ setting: ConfigurationSetting) {
    let value = setting.value.isEmpty ? ConfigurationValue.nothing : .override(setting.value)
    values.append(Given(name: setting.name, value: value, place: setting.place))
  }

  private func requireNoAnchor(_ yaml: String) throws {
    if let line = firstLineWithAnchor(yaml) {
      throw failure("\(file):\(line)", "anchors (&name) are not supported; write the value out")
    }
  }

  private func failure(_ place: String, _ problem: String) -> ConfigurationError {
    ConfigurationError(place: place, problem: problem)
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
  /// The value of a YAML node.
  fileprivate init(_ node: Node) {
    switch node {
    case .scalar(let scalar):
      let quoted = scalar.style != .plain
      let isNull = !quoted && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
      self = isNull ? .nothing : .scalar(scalar.string, quoted: quoted)
    case .sequence(let sequence) where sequence.count > ConfigurationReader.mostItems:
      self = .other("a list of \(sequence.count) items")
    case .sequence(let sequence):
      self = .list(
        sequence.map { item in
          if case .sequence = item { .other("a list in a list") } else { ConfigurationValue(item) }
        })
    case .mapping: self = .other("a group of keys")
    case .alias: self = .other("an alias")
    }
  }
}
