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
  public struct Given: Sendable {
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

  private static let mostKeys = 1000

  /// Reads the text of a file.
  /// - Throws: `ConfigurationError` if it is missing, is not text, is too large, or cannot be read.
  public static func contents(of path: String) throws -> String {
    let bytes: [UInt8]
    do throws(InputFile.Problem) {
      bytes = try InputFile.contents(of: path, atMost: YAMLText.mostBytes)
    } catch {
      throw ConfigurationError(place: path, problem: "\(error)")
    }
    guard let text = String(bytes: bytes, encoding: .utf8) else {
      throw ConfigurationError(place: path, problem: "is not text; name a YAML file")
    }
    return text
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
    let text = YAMLText(yaml, of: file, hasLines: true)
    do throws(ConfigurationError) { try text.check() } catch { return failWholly(error) }
    guard let root = compose(yaml) else { return }
    guard case .mapping(let mapping) = root else {
      return failWholly(
        failure(file, "expected lines 'key: value', found \(text.value(root).words)"))
    }
    guard mapping.count <= Self.mostKeys else {
      return failWholly(
        failure(
          file, "\(mapping.count) keys, but there are not so many; name a configuration"))
    }
    for (key, value) in mapping {
      let place = text.place(key.mark?.line)
      guard let name = key.scalar?.string else {
        errors.append(failure(place, "expected a key, found \(text.value(key).words)"))
        continue
      }
      guard self[name] == nil else {
        errors.append(failure(place, "key '\(shown(name))' is given twice; remove one"))
        continue
      }
      values.append(Given(name: name, value: text.value(value), place: place))
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
        errors.append(failure("override", "expected key=value, found '\(shown(override))'"))
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
      let text = YAMLText(lines.joined(separator: "\n"), of: file, hasLines: true)
      do throws(YAMLFault) {
        return try text.parse()
      } catch {
        guard isWhole || error.isDuplicate else { break }
        errors.append(failure(text.place(error.line), error.problem))
        guard let index = error.lineToLeaveOut(of: lines) else { break }
        isWhole = isWhole && error.isDuplicate
        unreadable.insert(String(lines[index].prefix { $0 != ":" }))
        lines[index] = ""
      }
    }
    isFileUnreadable = true
    return nil
  }
}
