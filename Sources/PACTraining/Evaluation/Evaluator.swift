import PACData
import PACDistributed

/// Runs a task's network over samples, which the ranks share.
struct Evaluator<Task: TrainingTask> {
  private let task: Task
  private let source: SceneSource<Task.Maker>
  private let communicator: Communicator

  /// Checks the samples of a source.
  /// - Throws: `DataError` if one of them has no size that can be evaluated.
  init(
    _ task: Task, _ source: SceneSource<Task.Maker>, communicator: Communicator
  ) throws {
    self.task = task
    self.communicator = communicator
    self.source = source
    try source.checkSizes(isCropped: false)
  }

  /// Evaluates every sample; all ranks call it, and get the same result for any number of ranks.
  /// - Throws: the error of any rank, on all ranks alike.
  func callAsFunction() throws -> EvaluationResult {
    guard let result = try evaluate(unless: { false }) else { preconditionFailure("was stopped") }
    return result
  }

  /// Evaluates every sample, but ends early if any rank is asked to stop.
  ///
  /// The ranks evaluate one sample each per round, and agree before each round whether to stop.
  /// - Parameter isStopping: whether this rank is to stop.
  /// - Returns: the result; nil if it was stopped.
  /// - Throws: the error of any rank, on all ranks alike.
  func evaluate(unless isStopping: () -> Bool) throws -> EvaluationResult? {
    var figures: [Double] = []
    let shards = (0..<communicator.worldSize).map(shard)
    let stream = try communicator.together {
      try source.evaluationSamples(shards[communicator.rank], depth: 2)
    }
    defer { stream.cancel() }
    for _ in 0..<(shards.map(\.count).max() ?? 0) {
      if try communicator.any(isStopping()) { return nil }
      communicator.activity.enter(.evaluation)
      try communicator.together {
        if let sample = try stream.next() { figures += try task.figures(of: sample) }
      }
    }
    let all = try communicator.allGather(figures).flatMap { $0 }
    let width = all.count / source.count
    return task.result(
      of: (0..<source.count).map { position in
        (source.sampleName(at: position), Array(all[position * width..<(position + 1) * width]))
      })
  }

  /// Calls `body` with every sample of this rank's shard, prefetched in the background.
  /// - Parameters:
  ///   - first: the ranks share only so many samples, from the first on; nil: all.
  ///   - body: takes a sample.
  /// - Throws: what `body` throws, or the error of a sample that cannot be read.
  func forEachSample(first: Int?, _ body: (Task.Maker.Case) throws -> Void) throws {
    let own = shard(of: communicator.rank, among: min(first ?? source.count, source.count))
    let stream = try source.evaluationSamples(own, depth: 2)
    defer { stream.cancel() }
    while let sample = try stream.next() { try body(sample) }
  }

  private func shard(of rank: Int) -> Range<Int> { shard(of: rank, among: source.count) }

  private func shard(of rank: Int, among count: Int) -> Range<Int> {
    evaluationShard(sampleCount: count, rank: rank, worldSize: communicator.worldSize)
  }
}
