import PACAutograd
import PACCheckpoints
import PACWeights

extension Checkpoint {
  /// Checks that resuming from here with `configuration` gives the result of an uninterrupted run.
  /// - Throws: `CheckpointError` naming the keys that differ.
  package func requireSameRun(as configuration: TrainingConfiguration, file: String) throws {
    let earlier = try TrainingConfiguration(
      yaml: self.configuration, name: file, tasks: configuration.tasks)
    let changes = configuration.incompatibilities(with: earlier)
    guard changes.isEmpty else {
      throw CheckpointError(file: file, fault: .otherRun(changes: changes))
    }
  }
}

extension ParameterSet {
  /// Loads the parameters of a checkpoint.
  /// - Throws: `WeightsError` naming what differs if it belongs to another network.
  func load(_ checkpoint: Checkpoint, for network: NetworkLabel, file: String) throws {
    try checkpoint.require(
      network, parameters: entries.map { ($0.name, $0.parameter.shape) }, file: file)
    let values = Dictionary(checkpoint.parameters.map { ($0.name, $0.value) }) { first, _ in first }
    for entry in entries { if let value = values[entry.name] { entry.parameter.value = value } }
  }
}
