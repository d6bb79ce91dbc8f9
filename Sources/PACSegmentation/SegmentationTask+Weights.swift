import PACAutograd
import PACCheckpoints
import PACModels
import PACTensors
import PACWeights

extension SegmentationTask {
  /// Loads the backbone's weights if the configuration names a file.
  public func readParts(isReplaced: Bool) throws {
    guard let path = settings.backboneWeights, model.name.isFrozen || !isReplaced else {
      return
    }
    try loadBackbone(path)
  }

  /// Loads the backbone's weights by their published names.
  ///
  /// The file may belong to a whole network with a CRF; parameters outside the backbone are
  /// ignored.
  /// - Throws: `WeightsError` naming the parameters that are missing or have another shape.
  private func loadBackbone(_ path: String) throws {
    let weights = try NetworkWeights(reading: path)
    let plan = PartialMatch(model.backboneParameters, from: weights)
    guard plan.misfits.isEmpty, plan.missing.isEmpty else {
      throw WeightsError.otherModel(
        weights.path, plan.misfits + plan.missing.map { "parameter \($0) is missing" })
    }
    try plan.load(weights)
  }

  /// Loads the weights that a new run starts from.
  ///
  /// They may belong to this network, to its backbone alone, to a CRF that was trained on a frozen
  /// backbone, or to a PacCRF if this one has loose steps, each of which gets a copy
  /// (docs/mathematics.md#paccrf). Parameters that the file lacks keep their initial values.
  /// - Throws: `WeightsError` if the file also contains anything else, or nothing of this network.
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
          "\(weights.path) has \(plan.found.count) of the network's parameters; "
            + "\(kept) keep their initial values"
        ])
  }

  /// `crf.messengers.0.weight` for `crf.steps.2.messengers.0.weight`: a loose step's parameter in a
  /// PacCRF.
  private static func sharedName(_ name: String) -> String? {
    let parts = name.split(separator: ".")
    guard parts.count > 3, parts[0] == "crf", parts[1] == "steps" else { return nil }
    return "crf." + parts.dropFirst(3).joined(separator: ".")
  }
}
