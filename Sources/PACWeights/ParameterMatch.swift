import PACTensors
import PACText

/// How well the tensors of a file match a network's parameters.
public struct ParameterMatch {
  /// The prefix that the file's names have before the network's, such as `module.`; usually empty.
  public let prefix: String
  /// The differences: missing and unexpected parameters and different shapes; empty if everything
  /// matches.
  public let differences: [String]

  /// Compares names and shapes.
  /// - Parameters:
  ///   - found: the file's tensors.
  ///   - expected: the network's parameters.
  public init(
    _ found: [(name: String, shape: Shape)], to expected: [(name: String, shape: Shape)]
  ) {
    let prefix = Self.commonPrefix(found.map(\.name), expected.map(\.name))
    let shapes = Dictionary(found.map { ($0.name, $0.shape) }) { first, _ in first }
    let known = Set(expected.map { prefix + $0.name })
    let unexpected = found.filter { !known.contains($0.name) }
    var (missing, misshapen): ([String], [String]) = ([], [])
    for (name, shape) in expected {
      if let other = shapes[prefix + name] {
        if other != shape { misshapen.append("\(name): expected \(shape), found \(other)") }
      } else {
        let near = NearestWord.guess(for: name, among: unexpected.map(\.name))
        missing.append("\(name) \(shape)" + (near.map { " (is it \($0)?)" } ?? ""))
      }
    }
    self.prefix = prefix
    let extra = unexpected.map { "\($0.name) \($0.shape)" }
    differences =
      Self.group("of another shape", misshapen) + Self.group("missing", missing)
      + Self.group("not expected", extra)
  }

  /// `missing: a [3], b [4] and 2 more`.
  private static func group(_ title: String, _ texts: [String]) -> [String] {
    let limit = 4
    guard !texts.isEmpty else { return [] }
    let rest = texts.count > limit ? " and \(texts.count - limit) more" : ""
    return ["\(title): \(texts.prefix(limit).joined(separator: ", "))\(rest)"]
  }

  /// The prefix of every expected name in the file, from programs that save a network inside a
  /// wrapper.
  private static func commonPrefix(_ found: [String], _ expected: [String]) -> String {
    guard let first = expected.first, !found.contains(first) else { return "" }
    let names = Set(found)
    let prefixes = found.filter { $0.hasSuffix(".\(first)") }.map {
      $0.dropLast(first.count)
    }
    return prefixes.map(String.init)
      .first { prefix in expected.allSatisfy { names.contains(prefix + $0) } } ?? ""
  }
}
