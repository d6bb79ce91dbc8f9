import Data
import Distributed

/// Runs a task's network over its test samples, shared among the ranks.
struct Evaluator<Task: TrainingTask> {
  private let task: Task
  private let source: Task.Source
  private let communicator: Communicator

  /// Opens the samples.
  init(_ task: Task, communicator: Communicator) throws {
    self.task = task
    self.communicator = communicator
    source = try task.testSource()
  }

  /// Measures every sample; all ranks call it, and all get the same result whatever their number.
  /// - Throws: on all ranks alike what went wrong on one of them.
  func callAsFunction() throws -> EvaluationResult {
    var figures: [Double] = []
    try communicator.together {
      try forEachSample { figures += try task.figures(of: $0) }
    }
    let all = try communicator.allGather(figures).flatMap { $0 }
    let width = all.count / source.count
    return task.result(
      of: (0..<source.count).map { position in
        (source.sampleName(at: position), Array(all[position * width..<(position + 1) * width]))
      })
  }

  /// Calls `body` with every sample of this rank's share, read ahead in the background.
  func forEachSample(_ body: (Task.Source.Case) throws -> Void) throws {
    let shard = evaluationShard(
      sampleCount: source.count, rank: communicator.rank, worldSize: communicator.worldSize)
    let stream = try source.evaluationSamples(shard, depth: 2)
    defer { stream.cancel() }
    while let sample = try stream.next() { try body(sample) }
  }
}
