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

/// Collects values from a file and from overrides, with the place of each, and everything that is
/// wrong with their form.
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
  /// What cannot be read, in the order in which it was found.
  public private(set) var errors: [ConfigurationError] = []
  /// The names of keys whose value, or what looks like one, cannot be read.
  public private(set) var unreadable: Set<String> = []
  /// Whether the file cannot be read as keys at all.
  public private(set) var isFileUnreadable = false

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

  /// Adds the keys of a file, see `read(yaml:)`.
  public mutating func read(file path: String) {
    do {
      read(yaml: try Self.contents(of: path))
    } catch let error as ConfigurationError {
      failWholly(error)
    } catch {
      failWholly(failure(path, "\(error)"))
    }
  }

  /// Adds the keys of a YAML text.
  ///
  /// Anchors are refused: by them a few lines could stand for more values than memory holds.
  public mutating func read(yaml: String) {
    guard yaml.utf8.count <= Self.mostBytes else { return failWholly(Self.tooLarge(file)) }
    if let line = firstLineWithAnchor(yaml) {
      return failWholly(
        failure("\(file):\(line)", "anchors (&name) are not supported; write the value out"))
    }
    guard let root = compose(yaml) else { return }
    guard case .mapping(let mapping) = root else {
      return failWholly(
        failure(file, "expected lines 'key: value', found \(ConfigurationValue(root).words)"))
    }
    guard mapping.count <= Self.mostKeys else {
      return failWholly(
        failure(
          file, "\(mapping.count) keys, but there are not so many; name a configuration"))
    }
    for (key, value) in mapping {
      let place = key.mark.map { "\(file):\($0.line)" } ?? file
      guard let name = key.scalar?.string else {
        errors.append(
          failure(place, "expected a key, found \(ConfigurationValue(key).words)"))
        continue
      }
      guard self[name] == nil else {
        errors.append(failure(place, "key '\(shown(name))' is given twice; remove one"))
        continue
      }
      values.append(Given(name: name, value: ConfigurationValue(value), place: place))
    }
  }

  private mutating func failWholly(_ error: ConfigurationError) {
    errors.append(error)
    isFileUnreadable = true
  }

  /// Adds `key=value` arguments, which take precedence over what was read before; of several for
  /// one key the last one counts, as everywhere on a command line.
  public mutating func apply(overrides: [String]) {
    for override in overrides {
      let parts = override.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        errors.append(failure("override", "expected key=value, found '\(override)'"))
        continue
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

  private func failure(_ place: String, _ problem: String) -> ConfigurationError {
    ConfigurationError(place: place, problem: problem)
  }
}

// MARK: - YAML

extension ConfigurationReader {
  /// Reads YAML without the lines that give a key again, and without one that is no YAML, which are
  /// reported.
  ///
  /// If there is more that is no YAML, the first fault may have caused the others.
  private mutating func compose(_ yaml: String) -> Node? {
    var lines = yaml.split(separator: "\n", omittingEmptySubsequences: false)
    var isWhole = true
    for _ in 0..<Self.mostKeys {
      let text = lines.joined(separator: "\n")
      do {
        return try Yams.compose(yaml: text)
      } catch {
        let fault = YAMLFault(error, in: text)
        guard isWhole || fault.isDuplicate else { break }
        errors.append(
          failure(fault.line.map { "\(file):\($0)" } ?? file, fault.problem))
        guard let index = fault.lineToLeaveOut(of: lines) else { break }
        isWhole = isWhole && fault.isDuplicate
        unreadable.insert(String(lines[index].prefix { $0 != ":" }))
        lines[index] = ""
      }
    }
    isFileUnreadable = true
    return nil
  }
}

/// Why a text is not YAML, or gives a key twice.
private struct YAMLFault {
  /// The line, counted from 1; nil if it is unknown.
  let line: Int?
  let problem: String
  /// The key that is given twice; nil for any other fault.
  private let duplicate: String?

  var isDuplicate: Bool { duplicate != nil }

  init(_ error: any Error, in yaml: String) {
    let (line, problem): (Int?, String)
    var duplicate: String?
    switch error {
    case YamlError.duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.map { "'\($0)'" }.joined(separator: ", ")
      (line, problem) = (context.mark.line, "key \(names) is given twice; remove one")
      duplicate = duplicates.first
    case YamlError.scanner(_, let text, let mark, _), YamlError.parser(_, let text, let mark, _),
      YamlError.composer(_, let text, let mark, _):
      (line, problem) = (mark.line, "not valid YAML: \(text)")
    case YamlError.reader(let text, let offset, _, _):
      line = offset.map { 1 + yaml.prefix($0).count(where: \.isNewline) }
      problem = "not valid YAML: \(text)"
    default:
      let words = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
      (line, problem) = (nil, "not valid YAML: \(words)")
    }
    (self.line, self.problem, self.duplicate) = (line, problem, duplicate)
  }

  /// The index of the line without which the others may be read; nil if there is none.
  func lineToLeaveOut(of lines: [Substring]) -> Int? {
    if let duplicate { return lines.lastIndex { $0.hasPrefix("\(duplicate):") } }
    guard let line, lines.indices.contains(line - 1),
      !lines[line - 1].allSatisfy(\.isWhitespace)
    else { return nil }
    return line - 1
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
