import PACData
import PACDistributed

/// Makes sure that all ranks have the same configuration and the same data; every rank calls it.
/// - Throws: on all ranks alike, naming the rank that differs, or what keeps the dataset from being opened.
func requireSameJob(_ configuration: TrainingConfiguration, _ communicator: Communicator) throws {
  try communicator.requireSame(
    TrainingConfiguration.keys.map { SharedFact($0.name, $0.write(configuration)) },
    advice: "start all ranks with the same configuration")
  let fingerprint = try communicator.together {
    try DatasetReader(configuration.data).fingerprint
  }
  try communicator.requireSame(
    [SharedFact("the checksum of \(configuration.data)", fingerprint)],
    advice: "copy the same file to all hosts")
}
