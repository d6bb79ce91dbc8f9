import PACAutograd
import PACModels
import PACTensors

extension SegmentationTask {
  /// Reads the backbone's weights, where a file is named.
  func readParts(isReplaced: Bool) throws {
    guard let path = configuration.backboneWeights, model.name.isFrozen || !isReplaced else {
      return
    }
    try loadBackbone(path)
  }

  /// Reads the backbone's weights by their published names.
  ///
  /// A file of a whole network with a CRF will do; what is not the backbone's is left alone.
  /// - Throws: `TrainingError.checkpoint` naming what is missing or has another shape.
  private func loadBackbone(_ path: String) throws {
    let weights = try NetworkWeights(reading: path)
    let plan = StartingValues(model.backboneParameters, from: weights)
    guard plan.misfits.isEmpty, plan.missing.isEmpty else {
      throw TrainingError.checkpoint(
        file: weights.path,
        fault: .otherModel(
          differences: plan.misfits + plan.missing.map { "parameter \($0) is missing" }))
    }
    try plan.load(weights)
  }

  /// Takes over weights that a new run starts from: of this network; of its backbone alone; of a CRF that was trained on a frozen
  /// backbone; or of a PacCRF for one with loose steps, each of which gets a copy (spec, section 2).
  ///
  /// Parameters that the file lacks keep their initial values.
  /// - Throws: `TrainingError.checkpoint` if the file holds something else as well, or nothing of this network.
  func start(from weights: NetworkWeights) throws -> [String] {
    let plan = StartingValues(parameters, from: weights)
    let differences = plan.misfits + plan.unused.map { "parameter \($0) is not expected" }
    guard differences.isEmpty, !plan.found.isEmpty else {
      throw TrainingError.checkpoint(
        file: weights.path,
        fault: .otherModel(
          differences: differences.isEmpty ? ["no parameter of \(model.name)"] : differences))
    }
    try plan.load(weights)
    let kept = plan.missing.count
    return weights.notes
      + (kept == 0
        ? []
        : [
          "\(weights.path) has \(plan.found.count) of the network's parameters; \(kept) keep their initial values"
        ])
  }
}

/// Which tensors of a file go to which parameters.
private struct StartingValues {
  typealias Source = NetworkWeights.Entry

  private(set) var found: [(parameter: Parameter, source: Source)] = []
  /// Names of parameters that the file lacks.
  private(set) var missing: [String] = []
  /// What has another shape.
  private(set) var misfits: [String] = []
  /// Names in the file that no parameter has.
  let unused: [String]

  init(_ parameters: [(name: String, parameter: Parameter)], from weights: NetworkWeights) {
    let prefix = Self.prefix(of: weights.entries.map(\.name), parameters.map(\.name))
    let sources = Dictionary(weights.entries.map { ($0.name, $0) }) { first, _ in first }
    var used: Set<String> = []
    for (name, parameter) in parameters {
      let names = [name] + (Self.sharedName(name).map { [$0] } ?? [])
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

  func load(_ weights: NetworkWeights) throws {
    for (parameter, source) in found { parameter.value = try weights.tensor(source) }
  }

  /// `crf.messengers.0.weight` for `crf.steps.2.messengers.0.weight`: a loose step's parameter in a PacCRF.
  private static func sharedName(_ name: String) -> String? {
    let parts = name.split(separator: ".")
    guard parts.count > 3, parts[0] == "crf", parts[1] == "steps" else { return nil }
    return "crf." + parts.dropFirst(3).joined(separator: ".")
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
