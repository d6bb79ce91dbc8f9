import PACAutograd
import PACTensors

extension ParameterSet {
  /// Takes over all parameters from a file of weights, after comparing every name and shape.
  /// - Parameters:
  ///   - weights: the file.
  ///   - network: what the file must say it belongs to, if it says anything.
  ///   - guess: names the network whose parameters the file holds, for the message; nil if it knows none.
  /// - Returns: what to tell the user: what was chosen or left out.
  /// - Throws: `WeightsError` naming what differs if it belongs to another network; then nothing has changed.
  public func load(
    _ weights: NetworkWeights, for network: NetworkLabel? = nil,
    guess: (NetworkWeights) -> String? = { _ in nil }
  ) throws -> [String] {
    let match = ParameterMatch(
      weights.entries.map { ($0.name, $0.shape) },
      to: entries.map { ($0.name, $0.parameter.shape) })
    let label = network.flatMap { weights.network?.differences(from: $0) } ?? []
    let differences = label + match.differences
    guard differences.isEmpty else {
      let fit = guess(weights).map { ["they fit \($0)"] } ?? []
      throw WeightsError.otherModel(weights.path, differences + fit)
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
