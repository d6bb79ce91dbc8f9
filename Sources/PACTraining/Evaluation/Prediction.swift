import PACConfiguration
import PACDistributed

/// A network that takes part in a comparison.
public struct ComparedNetwork: Sendable {
  /// The network and its data.
  public var configuration: TrainingConfiguration
  /// Its parameters, as for `evaluate`.
  public var weights: String?

  /// Names a network.
  public init(_ configuration: TrainingConfiguration, weights: String?) {
    self.configuration = configuration
    self.weights = weights
  }
}

/// What `writePredictions` wrote.
public struct WrittenPredictions: Sendable {
  /// A row for each prediction, in the order of the split; the first line names the columns.
  public let table: String
  /// The number of predictions.
  public let count: Int
  /// A file made of all predictions, such as an archive; nil on ranks that made none.
  public let archive: String?
}

/// Writes a network's predictions of the test split, shared among the ranks.
/// - Parameters:
///   - network: network, data, split, and its weights.
///   - tasks: the tasks among which its configuration chose.
///   - others: networks whose predictions are shown beside it, on the same data.
///   - communicator: the ranks; all call it.
///   - folder: receives the files.
///   - keepsScores: whether the network's raw scores are written, too.
///   - note: as for `evaluate`.
/// - Returns: what was written.
/// - Throws: on all ranks alike what went wrong on one of them.
public func writePredictions(
  of network: ComparedNetwork, tasks: TaskList, besides others: [ComparedNetwork] = [],
  communicator: Communicator, to folder: String, keepsScores: Bool = false,
  note: (String) -> Void = { _ in }
) throws -> WrittenPredictions {
  try requireSameJob(network.configuration, communicator)
  func load(_ network: ComparedNetwork) throws -> any TrainingTask {
    try loadedTask(network.configuration, tasks, network.weights, communicator, note)
  }
  let own = try load(network)
  let besides = try others.map(load)
  let task = try communicator.together {
    let task = try compared(own, with: besides)
    return keepsScores ? try scoring(task) : task
  }
  return try write(task, communicator, folder)
}

/// A task that writes the predictions of `others` beside its own.
private func compared(
  _ task: any TrainingTask, with others: [any TrainingTask]
) throws -> any PredictingTask {
  func compare<Task: ComparingTask>(_ task: Task) throws -> any PredictingTask {
    try task.besides(
      others.map { other in
        guard let other = other as? Task else {
          throw ConfigurationError(
            place: "--compare",
            problem: "\(other.configuration.model) is a network of another task; leave it out")
        }
        return other
      })
  }
  let name = type(of: task.configuration.settings).task
  guard let predicting = task as? any PredictingTask else {
    throw ConfigurationError(
      place: "model", problem: "there are no files of predictions of \(name); use pac evaluate")
  }
  guard !others.isEmpty else { return predicting }
  guard let comparing = task as? any ComparingTask else {
    throw ConfigurationError(
      place: "--compare", problem: "has no effect with \(name) networks; leave it out")
  }
  return try compare(comparing)
}

/// A task that writes its network's scores, too.
private func scoring(_ task: any PredictingTask) throws -> any PredictingTask {
  guard let scoring = task as? any ScoringTask else {
    throw ConfigurationError(
      place: "--scores",
      problem: "\(type(of: task.configuration.settings).task) networks have no scores; leave it out"
    )
  }
  return scoring.keepingScores()
}

private func write(
  _ task: some PredictingTask, _ communicator: Communicator, _ folder: String
) throws -> WrittenPredictions {
  var rows: [String] = []
  try communicator.together {
    try Evaluator(task, communicator: communicator).forEachSample {
      rows.append(try task.writePrediction(of: $0, to: folder))
    }
  }
  var archive: String?
  try communicator.together {
    guard communicator.isRankZero, let task = task as? any ArchivingTask else { return }
    let source = try task.testSource()
    archive = try task.finishPredictions(
      of: (0..<source.count).map(source.sampleName), in: folder)
  }
  // Ranks have consecutive shares: their rows, one after the other, are in the order of the split.
  let all = try communicator.allGather(rows.joined(separator: "\n")).filter { !$0.isEmpty }
  let count = try communicator.allGather([rows.count]).reduce(0) { $0 + $1[0] }
  return WrittenPredictions(
    table: ([task.predictionColumns] + all).joined(separator: "\n") + "\n", count: count,
    archive: archive)
}
