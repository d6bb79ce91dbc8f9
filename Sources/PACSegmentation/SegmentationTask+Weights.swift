import PACAutograd
import PACCheckpoints
import PACModels
import PACWeights

extension SegmentationTask {
  /// Loads the backbone's weights if the configuration names a file.
  public func readParts(isReplaced: Bool) throws -> [String] {
    guard let path = settings.backboneWeights, model.name.isFrozen || !isReplaced else {
      return []
    }
    return try loadBackbone(path)
  }

  /// Loads the backbone's weights.
  ///
  /// The file may belong to a whole network with a CRF, published or ours, or to the network for
  /// classification that the backbone is made of, such as VGG-16; what is not of the backbone is
  /// ignored. Only a frozen backbone needs all of its parameters: others keep their initial values.
  /// - Throws: `WeightsError` naming the parameters that are missing or have another shape.
  private func loadBackbone(_ path: String) throws -> [String] {
    let weights = try NetworkWeights(reading: path)
    let parameters = model.backboneParameters
    let own = weights.match(parameters, names: SegmentationModelName.publishedBackboneNames)
    let classifier = classifierMatch(weights)
    let isClassifier = (classifier?.sources.count ?? 0) > own.sources.count
    let match = isClassifier ? classifier ?? own : own
    let isFrozen = model.name.isFrozen
    try require(
      match.differences(allowingMissing: !isFrozen, allowingOthers: true), of: weights)
    let (found, kept) = (match.sources.count, parameters.count - match.sources.count)
    try require(found == 0 ? ["no parameter of \(model.name.backbone)"] : [], of: weights)
    try weights.load(match, into: parameters)
    var notes = weights.notes
    if isClassifier, let remark = model.name.backbone.classifier?.remark {
      notes.append("\(weights.path): \(remark)")
    }
    if kept > 0 {
      notes.append(
        "\(weights.path) has \(found) of the backbone's parameters; "
          + "\(kept) keep their initial values")
    }
    return notes
  }

  /// How a file matches the backbone by the names of the network for classification that it is made
  /// of; nil if there is no such network.
  private func classifierMatch(_ weights: NetworkWeights) -> ParameterMatch? {
    model.name.backbone.classifier.map {
      weights.match(model.backboneParameters, names: $0.names)
    }
  }

  /// Compares a file by the names of this network, and of the networks that `start(from:)` accepts;
  /// or by those of the classifier that the backbone is made of, if more of them fit.
  public func match(_ weights: NetworkWeights) -> ParameterMatch {
    let own = ownMatch(weights)
    guard let names = model.name.backbone.classifier?.names else { return own }
    let classifier = weights.match(parameters, names: names)
    return classifier.sources.count > own.sources.count ? classifier : own
  }

  private func ownMatch(_ weights: NetworkWeights) -> ParameterMatch {
    weights.match(parameters, names: settings.publishedNames, otherName: Self.sharedName)
  }

  /// Loads the weights that a new run starts from.
  ///
  /// They may belong to this network, to its backbone alone, to a CRF that was trained on a frozen
  /// backbone, or to a PacCRF if this one has loose steps, each of which gets a copy
  /// (docs/mathematics.md#mean-field). Parameters that the file lacks keep their initial values.
  /// - Throws: `WeightsError` if the file also contains anything else, or nothing of this network.
  public func start(from weights: NetworkWeights) throws -> [String] {
    let match = ownMatch(weights)
    if let classifier = classifierMatch(weights), classifier.sources.count > match.sources.count,
      let names = model.name.backbone.classifier?.description
    {
      throw WeightsError.otherModel(
        weights.path, ["the names are those of \(names); give the file as weights-backbone"])
    }
    try require(match.differences(allowingMissing: true), of: weights)
    let (found, kept) = (match.sources.count, parameters.count - match.sources.count)
    try require(found == 0 ? ["no parameter of \(model.name)"] : [], of: weights)
    try weights.load(match, into: parameters)
    return weights.notes
      + (kept == 0
        ? []
        : [
          "\(weights.path) has \(found) of the network's parameters; "
            + "\(kept) keep their initial values"
        ])
  }

  /// Throws unless there are no differences between a file and the network.
  private func require(_ differences: [String], of weights: NetworkWeights) throws {
    guard !differences.isEmpty else { return }
    let fit = SegmentationSettings.recognized(weights).map { ["they fit \($0.description)"] } ?? []
    throw WeightsError.otherModel(weights.path, differences + fit + weights.partAdvice)
  }

  /// `crf.messengers.0.weight` for `crf.steps.2.messengers.0.weight`: a loose step's parameter in a
  /// PacCRF.
  private static func sharedName(_ name: String) -> String? {
    let parts = name.split(separator: ".")
    guard parts.count > 3, parts[0] == "crf", parts[1] == "steps" else { return nil }
    return "crf." + parts.dropFirst(3).joined(separator: ".")
  }
}
