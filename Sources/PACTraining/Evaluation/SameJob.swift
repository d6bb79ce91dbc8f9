import PACData
import PACDistributed

/// Checks that all ranks have the same configuration and the same dataset; all ranks call it.
/// - Returns: the checksum of the dataset; nil if it has none.
/// - Throws: on all ranks alike, an error that names the rank that differs, or why the dataset
///   cannot be opened.
@discardableResult
func requireSameJob(
  _ configuration: TrainingConfiguration, _ communicator: Communicator
) throws -> String? {
  let advice = "start all ranks with the same configuration"
  // The network first, since its task decides which keys there are.
  try communicator.requireSame([SharedFact("model", configuration.model)], advice: advice)
  try communicator.requireSame(
    configuration.keys.map { SharedFact($0.name, $0.write(configuration)) }, advice: advice)
  let dataset = try communicator.together { try DatasetReader(configuration.data) }
  try communicator.requireSame(
    [SharedFact("the checksum of \(configuration.data)", dataset.fingerprint)],
    advice: "copy the same file to all hosts")
  return dataset.checksum
}
