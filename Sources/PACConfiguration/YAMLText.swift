import PACFiles
import Yams

/// YAML of a file, or of a single value such as an override, and how messages name its lines.
struct YAMLText {
  /// The largest text in bytes; all keys of a file with comments take some thousand.
  static let mostBytes = 1 << 16
  private static let mostItems = 1000

  private let text: String
  private let name: String
  private let hasLines: Bool

  /// Describes a text.
  /// - Parameters:
  ///   - text: the text.
  ///   - name: the file's name, or the place of the value.
  ///   - hasLines: whether the place of an error is a line of it.
  init(_ text: String, of name: String, hasLines: Bool) {
    self.text = text
    self.name = name
    self.hasLines = hasLines
  }

  /// The place of a line, such as `Configs/nyu_x8.yaml:7`.
  func place(_ line: Int?) -> String {
    guard hasLines, let line else { return name }
    return "\(name):\(line)"
  }

  /// Checks what can be checked before the text is read as YAML.
  ///
  /// Anchors are refused: by them a few lines could stand for more values than memory holds.
  /// - Throws: `ConfigurationError` if it is too large or has anchors.
  func check() throws(ConfigurationError) {
    guard text.utf8.count <= Self.mostBytes else {
      throw ConfigurationError(
        place: name,
        problem: "has more than \(Self.mostBytes >> 10) KiB; name a configuration in YAML")
    }
    if let line = firstLineWithAnchor(text) {
      throw ConfigurationError(
        place: place(line), problem: "anchors (&name) are not supported; write the value out")
    }
  }

  /// The root of the text, after `check()`; nil if there is nothing but comments.
  func parse() throws(YAMLFault) -> Node? {
    do {
      return try Yams.compose(yaml: text)
    } catch {
      throw YAMLFault(error, in: text)
    }
  }

  /// The root of the text; nil if there is nothing but comments.
  /// - Throws: `ConfigurationError` if it is too large, has anchors, or is not YAML.
  func compose() throws(ConfigurationError) -> Node? {
    try check()
    do throws(YAMLFault) {
      return try parse()
    } catch {
      throw ConfigurationError(place: place(error.line), problem: error.problem)
    }
  }

  /// The value of a node.
  func value(_ node: Node) -> ConfigurationValue {
    switch node {
    case .scalar(let scalar):
      let quoted = scalar.style != .plain
      let isNull = !quoted && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
      return isNull ? .nothing : .scalar(scalar.string, quoted: quoted)
    case .sequence(let sequence) where sequence.count > Self.mostItems:
      return .other("a list of \(sequence.count) items")
    case .sequence(let sequence):
      return .list(
        sequence.map { item in
          if case .sequence = item { .other("a list in a list") } else { value(item) }
        })
    case .mapping(let mapping): return group(mapping)
    case .alias: return .other("an alias")
    }
  }

  private func group(_ mapping: Node.Mapping) -> ConfigurationValue {
    var values: [ConfigurationReader.Given] = []
    for (key, node) in mapping {
      guard let name = key.scalar?.string, values.count < Self.mostItems else {
        return .other("a group of keys")
      }
      // Nobody's value is deeper; so the depth of a text is no depth of calls.
      let field: ConfigurationValue =
        switch node {
        case .mapping: .other("a group of keys")
        case .sequence: .other("a list")
        case .scalar, .alias: value(node)
        }
      values.append(
        ConfigurationReader.Given(name: name, value: field, place: place(key.mark?.line)))
    }
    return .group(values)
  }
}

extension ConfigurationValue {
  /// Reads a value that is written as YAML.
  /// - Throws: `ConfigurationError` if it is not YAML.
  init(yaml text: String, at place: String) throws(ConfigurationError) {
    let text = YAMLText(text, of: place, hasLines: false)
    self = try text.compose().map(text.value) ?? .nothing
  }
}
