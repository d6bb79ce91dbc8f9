import PACAutograd
import PACDistributed

/// Measures a network on the test split, shared among the ranks.
/// - Parameters:
///   - configuration: network, data, split.
///   - weights: a file of weights of any format, or a run folder of which the newest checkpoint is taken; nil for a
///     network without parameters.
///   - communicator: the ranks; all call it.
///   - note: told what of the weights was chosen or left out, on the leader.
/// - Returns: every sample's error, the same on every rank whatever their number.
/// - Throws: on all ranks alike what went wrong on one of them.
public func evaluate(
  _ configuration: TrainingConfiguration, weights: String?, communicator: Communicator,
  note: (String) -> Void = { _ in }
) throws -> EvaluationResult {
  func measure(_ task: some TrainingTask) throws -> EvaluationResult {
    try communicator.together { try Evaluator(task, communicator: communicator) }()
  }
  try requireSameJob(configuration, communicator)
  let task = try loadedTask(configuration, weights, communicator, note)
  return try measure(task)
}

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
  public let further: String?
}

/// Writes a network's predictions of the test split, shared among the ranks.
/// - Parameters:
///   - configuration: network, data, split.
///   - weights: as for `evaluate`.
///   - others: networks whose predictions are shown beside it, on the same data.
///   - communicator: the ranks; all call it.
///   - folder: receives the files.
///   - keepsScores: whether the network's raw scores are written, too.
///   - note: as for `evaluate`.
/// - Returns: what was written.
/// - Throws: on all ranks alike what went wrong on one of them.
public func writePredictions(
  _ configuration: TrainingConfiguration, weights: String?, besides others: [ComparedNetwork] = [],
  communicator: Communicator, to folder: String, keepsScores: Bool = false,
  note: (String) -> Void = { _ in }
) throws -> WrittenPredictions {
  func write(_ task: some TrainingTask) throws -> WrittenPredictions {
    var rows: [String] = []
    try communicator.together {
      try Evaluator(task, communicator: communicator).forEachSample {
        rows.append(try task.writePrediction(of: $0, to: folder))
      }
    }
    var further: String?
    try communicator.together {
      guard communicator.isLeader else { return }
      let source = try task.testSource()
      further = try task.finishPredictions(
        of: (0..<source.count).map(source.sampleName), in: folder)
    }
    // Ranks have consecutive shares: their rows, one after the other, are in the order of the split.
    let all = try communicator.allGather(rows.joined(separator: "\n")).filter { !$0.isEmpty }
    let count = try communicator.allGather([rows.count]).reduce(0) { $0 + $1[0] }
    return WrittenPredictions(
      table: ([task.predictionColumns] + all).joined(separator: "\n") + "\n", count: count,
      further: further)
  }
  try requireSameJob(configuration, communicator)
  let own = try loadedTask(configuration, weights, communicator, note)
  let besides = try others.map {
    try loadedTask($0.configuration, $0.weights, communicator, note)
  }
  let task = try communicator.together {
    let task = try own.besides(besides)
    return keepsScores ? try task.keepingScores() : task
  }
  return try write(task)
}

/// A task whose network has its parameters from `weights`, where it has any; all ranks call it.
///
/// The leader alone reads files, and gives the others what they hold.
private func loadedTask(
  _ configuration: TrainingConfiguration, _ weights: String?, _ communicator: Communicator,
  _ note: (String) -> Void
) throws -> any TrainingTask {
  let task = try communicator.together { try makeTask(configuration) }
  let notes = try communicator.leading { () -> [String] in
    try task.readParts(isReplaced: true)
    guard !task.parameters.isEmpty else { return [] }
    guard let weights else {
      throw TrainingError.configuration(
        place: "--weights",
        problem: "missing; \(configuration.model.rawValue) has parameters: name a "
          + "checkpoint, a run folder or a file of weights (.pth, .safetensors)")
    }
    return try ParameterSet(task.parameters)
      .load(NetworkWeights(reading: weights), for: configuration.networkLabel)
  }
  try communicator.distribute(task.fixedParameters + task.parameters)
  for text in notes ?? [] { note(text) }
  return task
}
