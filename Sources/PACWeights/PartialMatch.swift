import PACAutograd
import PACTensors

/// Which tensors of a file go to which parameters.
public struct PartialMatch {
  /// Parameters and the tensors that are theirs.
  public private(set) var found: [(parameter: Parameter, source: NetworkWeights.Entry)] = []
  /// Names of parameters that the file lacks.
  public private(set) var missing: [String] = []
  /// What has another shape.
  public private(set) var misfits: [String] = []
  /// Names in the file that no parameter has.
  public let unused: [String]

  /// Looks for the tensors of parameters.
  /// - Parameters:
  ///   - parameters: a network's parameters.
  ///   - weights: the file.
  ///   - otherName: another name under which the file may hold a parameter.
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

  /// Gives every parameter that was found its values.
  /// - Throws: what keeps a tensor from being read.
  public func load(_ weights: NetworkWeights) throws {
    for (parameter, source) in found { parameter.value = try weights.tensor(source) }
  }

  /// What programs that wrap a network put before all its names, such as `module.`.
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
