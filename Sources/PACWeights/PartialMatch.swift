import PACAutograd
import PACTensors

/// A matching of a file's tensors to parameters, which may be incomplete.
public struct PartialMatch {
  /// The matched parameters and tensors.
  public private(set) var found: [(parameter: Parameter, source: NetworkWeights.Entry)] = []
  /// The names of parameters that the file lacks.
  public private(set) var missing: [String] = []
  /// The parameters whose tensors have a different shape.
  public private(set) var misfits: [String] = []
  /// The names in the file that match no parameter.
  public let unused: [String]

  /// Matches tensors to parameters.
  /// - Parameters:
  ///   - parameters: a network's parameters.
  ///   - weights: the file.
  ///   - otherName: an alternative name of a parameter in the file.
  public init(
    _ parameters: [(name: String, parameter: Parameter)], from weights: NetworkWeights,
    otherName: (String) -> String? = { _ in nil }
  ) {
    let prefix = Self.prefix(of: weights.entries.map(\.name), parameters.map(\.name))
    let sources = Dictionary(weights.entries.map { ($0.name, $0) }) { first, _ in first }
    var used: Set<String> = []
    for (name, parameter) in parameters {
      let names = [name] + (otherName(name).map { [$0] } ?? [])
      guard let source = names.lazy.compactMap({ sources[prefix + $0] }).first else {
        missing.append(name)
        continue
      }
      used.insert(source.name)
      if source.shape == parameter.shape {
        found.append((parameter, source))
      } else {
        misfits.append("\(name): expected \(parameter.shape), found \(source.shape)")
      }
    }
    unused = weights.entries.map(\.name).filter { !used.contains($0) }
  }

  /// Loads every matched parameter.
  /// - Throws: the error of a tensor that cannot be read.
  public func load(_ weights: NetworkWeights) throws {
    for (parameter, source) in found { parameter.value = try weights.tensor(source) }
  }

  /// The prefix that programs which wrap a network put before all its names, such as `module.`.
  private static func prefix(of found: [String], _ expected: [String]) -> String {
    for name in expected {
      if found.contains(name) { return "" }
      if let wrapped = found.first(where: { $0.hasSuffix(".\(name)") }) {
        return String(wrapped.dropLast(name.count))
      }
    }
    return ""
  }
}
