import PACAutograd
import PACCheckpoints
import PACWeights

extension Checkpoint {
  /// Checks that resuming from here with `configuration` gives the result of an uninterrupted run.
  ///
  /// The dataset is known by its checksum, wherever it lies; if either checksum is unknown, by its
  /// path.
  /// - Parameters:
  ///   - configuration: the configuration to resume with.
  ///   - dataset: the checksum of its dataset; nil if it has none.
  ///   - file: the checkpoint's file, for the message.
  /// - Throws: `CheckpointError` naming the keys that differ.
  package func requireSameRun(
    as configuration: TrainingConfiguration, dataset: String?, file: String
  ) throws {
    var earlier = try TrainingConfiguration(
      yaml: self.configuration, name: file, tasks: configuration.tasks)
    var changes: [String] = []
    if let before = self.dataset, let dataset {
      if before != dataset {
        changes = [
          "data: \(configuration.data) with checksum \(dataset), "
            + "was \(earlier.data) with checksum \(before)"
        ]
      }
      earlier.data = configuration.data
    }
    changes += configuration.incompatibilities(with: earlier)
    guard changes.isEmpty else {
      throw CheckpointError(file: file, fault: .otherRun(changes: changes))
    }
  }
}

extension TrainedParameters {
  /// Loads the parameters of a checkpoint, those that are frozen included.
  /// - Throws: `WeightsError` naming what differs if it belongs to another network.
  func load(_ checkpoint: Checkpoint, for network: NetworkLabel, file: String) throws {
    try checkpoint.require(
      network, parameters: all.map { ($0.name, $0.parameter.shape) }, file: file)
    let values = Dictionary(checkpoint.parameters.map { ($0.name, $0.value) }) { first, _ in first }
    for (name, parameter) in all { if let value = values[name] { parameter.value = value } }
  }
}
