import PACAutograd
import PACCheckpoints
import PACModels
import PACTensors
import PACWeights

extension SegmentationTask {
  /// Reads the backbone's weights, where a file is named.
  public func readParts(isReplaced: Bool) throws {
    guard let path = settings.backboneWeights, model.name.isFrozen || !isReplaced else {
      return
    }
    try loadBackbone(path)
  }

  /// Reads the backbone's weights by their published names.
  ///
  /// A file of a whole network with a CRF will do; what is not the backbone's is left alone.
  /// - Throws: `WeightsError` naming what is missing or has another shape.
  private func loadBackbone(_ path: String) throws {
    let weights = try NetworkWeights(reading: path)
    let plan = PartialMatch(model.backboneParameters, from: weights)
    guard plan.misfits.isEmpty, plan.missing.isEmpty else {
      throw WeightsError.otherModel(
        weights.path, plan.misfits + plan.missing.map { "parameter \($0) is missing" })
    }
    try plan.load(weights)
  }

  /// Takes over weights that a new run starts from: of this network; of its backbone alone; of a CRF that was trained on a frozen
  /// backbone; or of a PacCRF for one with loose steps, each of which gets a copy
  /// (docs/mathematics.md#paccrf).
  ///
  /// Parameters that the file lacks keep their initial values.
  /// - Throws: `WeightsError` if the file holds something else as well, or nothing of this network.
  public func start(from weights: NetworkWeights) throws -> [String] {
    let plan = PartialMatch(parameters, from: weights, otherName: Self.sharedName)
    let differences = plan.misfits + plan.unused.map { "parameter \($0) is not expected" }
    guard differences.isEmpty, !plan.found.isEmpty else {
      throw WeightsError.otherModel(
        weights.path, differences.isEmpty ? ["no parameter of \(model.name)"] : differences)
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

  /// `crf.messengers.0.weight` for `crf.steps.2.messengers.0.weight`: a loose step's parameter in a PacCRF.
  private static func sharedName(_ name: String) -> String? {
    let parts = name.split(separator: ".")
    guard parts.count > 3, parts[0] == "crf", parts[1] == "steps" else { return nil }
    return "crf." + parts.dropFirst(3).joined(separator: ".")
  }
}
