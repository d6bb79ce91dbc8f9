import PACData
import PACDistributed

/// What is to be known of the dataset of a job.
struct JobDataset {
  /// Its checksum; nil if it has none.
  let checksum: String?
  /// What the user should know about how it is stored; nil if there is nothing.
  let remark: String?
}

/// Checks that all ranks have the same configuration and the same dataset; all ranks call it.
/// - Returns: what is to be known of the dataset.
/// - Throws: on all ranks alike, an error that names the rank that differs, or why the dataset
///   cannot be opened.
func requireSameJob(
  _ configuration: TrainingConfiguration, _ communicator: Communicator
) throws -> JobDataset {
  let advice = "start all ranks with the same configuration"
  // The network first, since its task decides which keys there are.
  try communicator.requireSame([SharedFact("model", configuration.model)], advice: advice)
  try communicator.requireSame(
    configuration.keys.map { SharedFact($0.name, $0.write(configuration)) }, advice: advice)
  let dataset = try communicator.together { try DatasetReader(configuration.data) }
  try communicator.requireSame(
    [SharedFact("the checksum of \(configuration.data)", dataset.fingerprint)],
    advice: "copy the same file to all hosts")
  return JobDataset(checksum: dataset.checksum, remark: dataset.storageRemark)
}
