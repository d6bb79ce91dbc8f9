import PACAutograd
import PACTensors

extension ParameterSet {
  /// Takes over all parameters from a file of weights, after comparing every name and shape.
  /// - Returns: what to tell the user: what was chosen or left out.
  /// - Throws: `TrainingError.checkpoint` naming what differs if it belongs to another network; then nothing has changed.
  func load(_ weights: NetworkWeights, for network: NetworkLabel) throws -> [String] {
    let match = ParameterMatch(
      weights.entries.map { ($0.name, $0.shape) },
      to: entries.map { ($0.name, $0.parameter.shape) })
    let differences = (weights.network?.differences(from: network) ?? []) + match.differences
    guard differences.isEmpty else {
      let guess = guessedNetwork(of: weights).map { ["they fit \($0)"] } ?? []
      throw TrainingError.checkpoint(
        file: weights.path, fault: .otherModel(differences: differences + guess))
    }
    let stored = Dictionary(weights.entries.map { ($0.name, $0) }) { first, _ in first }
    for entry in entries {
      guard let found = stored[match.prefix + entry.name] else { continue }
      entry.parameter.value = try weights.tensor(found)
    }
    let prefix = match.prefix.isEmpty ? [] : ["names taken without their prefix \(match.prefix)"]
    return (weights.notes + prefix).map { "\(weights.path): \($0)" }
  }
}

extension NetworkLabel {
  /// How this label of a file differs from the network that it is to be used for.
  func differences(from network: NetworkLabel) -> [String] {
    var differences: [String] = []
    if model != network.model { differences.append("expected \(network.model), found \(model)") }
    if factor != network.factor {
      differences.append("expected factor \(network.factor), found factor \(factor)")
    }
    return differences
  }
}

extension TrainingConfiguration {
  /// The network of this configuration, as files of weights name it.
  var networkLabel: NetworkLabel {
    NetworkLabel(model: model.trainable.rawValue, factor: factor)
  }
}
