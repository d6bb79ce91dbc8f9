import PACConfiguration
import PACDistributed

/// A network of a comparison.
public struct ComparedNetwork: Sendable {
  /// The network and its dataset.
  public var configuration: TrainingConfiguration
  /// Its weights, as for `evaluate`.
  public var weights: String?

  /// Describes a network.
  public init(_ configuration: TrainingConfiguration, weights: String?) {
    self.configuration = configuration
    self.weights = weights
  }
}

/// What `writePredictions` wrote.
public struct WrittenPredictions: Sendable {
  /// The text of `predictions.csv`: a header, and a row per prediction in the order of the split.
  public let table: String
  /// The number of predictions.
  public let count: Int
  /// The archive of all predictions; nil if there is none, and on ranks other than 0.
  public let archive: String?
}

/// Writes a network's predictions for the test split, whose samples the ranks share; all ranks call
/// it.
/// - Parameters:
///   - network: the network, its dataset and split, and its weights.
///   - tasks: the tasks that its configuration was read for.
///   - others: networks whose predictions on the same data are shown next to it.
///   - communicator: the ranks.
///   - folder: the folder for the files.
///   - keepsScores: whether to write the network's scores as well.
///   - first: only so many samples, from the first of the split on, and no archive; nil: all.
///   - replacing: whether the folder may hold predictions of another run.
///   - note: as for `evaluate`.
/// - Returns: what was written.
/// - Throws: the error of any rank, on all ranks alike.
public func writePredictions(
  of network: ComparedNetwork, tasks: TaskList, besides others: [ComparedNetwork] = [],
  communicator: Communicator, to folder: String, keepsScores: Bool = false,
  first: Int? = nil, replacing: Bool = false, note: (String) -> Void = { _ in }
) throws -> WrittenPredictions {
  let dataset = try requireSameJob(network.configuration, communicator)
  if let remark = dataset.remark, communicator.isRankZero { note(remark) }
  func load(_ network: ComparedNetwork) throws -> any TrainingTask {
    try loadedTask(network.configuration, tasks, network.weights, communicator, note)
  }
  let own = try load(network)
  let besides = try others.map(load)
  let task = try communicator.together {
    let task = try compared(own, with: besides)
    return keepsScores ? try scoring(task) : task
  }
  try communicator.onRankZero {
    let record = PredictionRecord(
      of: network, dataset: dataset.checksum, besides: others, keepsScores: keepsScores,
      first: first)
    try record.claim(folder, replacing: replacing)
  }
  return try write(task, communicator, folder, first: first, note)
}

/// The task, made to write the predictions of `others` next to its own.
private func compared(
  _ task: any TrainingTask, with others: [any TrainingTask]
) throws -> any PredictingTask {
  func compare<Task: ComparingTask>(_ task: Task) throws -> any PredictingTask {
    try task.besides(
      others.map { other in
        guard let other = other as? Task else {
          throw ConfigurationError(
            place: "--compare",
            problem: "\(other.configuration.model) belongs to another task; leave it out")
        }
        return other
      })
  }
  let name = type(of: task.configuration.settings).task
  guard let predicting = task as? any PredictingTask else {
    throw ConfigurationError(
      place: "model", problem: "\(name) networks cannot write predictions; use pac evaluate")
  }
  guard !others.isEmpty else { return predicting }
  guard let comparing = task as? any ComparingTask else {
    throw ConfigurationError(
      place: "--compare", problem: "has no effect with \(name) networks; leave it out")
  }
  return try compare(comparing)
}

/// The task, made to write its network's scores as well.
private func scoring(_ task: any PredictingTask) throws -> any PredictingTask {
  guard let scoring = task as? any ScoringTask else {
    throw ConfigurationError(
      place: "--scores",
      problem: "has no effect with \(type(of: task.configuration.settings).task) networks; "
        + "leave it out")
  }
  return scoring.keepingScores()
}

private func write(
  _ task: some PredictingTask, _ communicator: Communicator, _ folder: String, first: Int?,
  _ note: (String) -> Void
) throws -> WrittenPredictions {
  var rows: [String] = []
  try communicator.together {
    let source = try task.testSource()
    if let remark = task.testRemark(source.reader), communicator.isRankZero { note(remark) }
    try Evaluator(task, source, communicator: communicator).forEachSample(first: first) {
      rows.append(try task.writePrediction(of: $0, to: folder))
    }
  }
  var archive: String?
  try communicator.together {
    guard communicator.isRankZero, first == nil, let archiving = task as? any ArchivingTask else {
      return
    }
    let source = try task.testSource()
    archive = try archiving.finishPredictions(
      of: (0..<source.count).map(source.sampleName), in: folder)
  }
  // The shards are consecutive, so the rows of all ranks in turn are in the order of the split.
  let all = try communicator.allGather(rows.joined(separator: "\n")).filter { !$0.isEmpty }
  let count = try communicator.allGather([rows.count]).reduce(0) { $0 + $1[0] }
  return WrittenPredictions(
    table: ([task.predictionColumns] + all).joined(separator: "\n") + "\n", count: count,
    archive: archive)
}
