import PACDistributed
import PACTraining

/// The times of training steps on some of the ranks.
public struct StepResult: Sendable {
  /// The number of ranks that share a batch; the others idle.
  public let ranks: Int
  /// The number of samples in the batch.
  public let samples: Int
  /// A step as in training: seconds of the slowest rank (median).
  public let seconds: Double
  /// A step whose reduction begins after the backward pass, and which ends when all ranks have the
  /// new parameters.
  public let secondsWithoutOverlap: Double
  /// A step of all ranks at once without any reduction.
  public let secondsAlone: Double

  /// The fraction of the reduction's time that is hidden behind the rest of the step; nil if the
  /// reduction takes less than a hundredth of a step, which is within the noise.
  public var hidden: Double? {
    let whole = secondsWithoutOverlap - secondsAlone
    guard whole > 0.01 * seconds else { return nil }
    return (secondsWithoutOverlap - seconds) / whole
  }
}

/// How the global batch depends on the number of ranks.
public enum Scaling: Sendable {
  /// A fixed number of samples per rank.
  case weak(samplesPerRank: Int)
  /// A fixed number of samples in total.
  case strong(samples: Int)

  func samples(ranks: Int) -> Int {
    switch self {
    case .weak(let samples): samples * ranks
    case .strong(let samples): samples
    }
  }
}

/// Measures steps on random samples with 1, 2, 4, … and all ranks in turn; all ranks call it
/// together.
/// - Parameters:
///   - workload: the network.
///   - size: width and height of the samples.
///   - scaling: the number of samples in a batch.
///   - communicator: the ranks.
///   - repetitions: timed runs of each kind, which alternate, after two untimed runs.
/// - Returns: a result for each number of ranks, the same on every rank.
/// - Throws: `ModelError`, `DistributedError`.
public func measureSteps(
  _ workload: StepWorkload, size: Int, scaling: Scaling, communicator: Communicator,
  repetitions: Int
) throws -> [StepResult] {
  var sizes = [communicator.worldSize]
  while let least = sizes.first, least > 1 { sizes.insert((least + 1) / 2, at: 0) }
  let replica = try workload.prepare(size)
  let trials = try sizes.map { try Trial(ranks: $0, replica, scaling, communicator) }
  defer { for trial in trials { trial.finish() } }
  for repetition in 0..<repetitions + 2 {
    for trial in trials { try trial.run(counts: repetition >= 2) }
  }
  return try trials.map { try $0.result() }
}

/// Steps of the first ranks, in the three ways of `StepResult`.
private final class Trial {
  private let ranks: Int
  private let samples: Int
  private let replica: StepWorkload.Replica
  private let communicator: Communicator
  /// The ranks that share the batch; nil if this rank idles.
  private let group: Communicator?
  private let alone = Communicator.alone()
  private let steps: [ParallelStep]
  private var times: [[Double]] = [[], [], []]
  private var rounds = 0

  init(
    ranks: Int, _ replica: StepWorkload.Replica, _ scaling: Scaling, _ communicator: Communicator
  ) throws {
    self.ranks = ranks
    self.replica = replica
    self.communicator = communicator
    samples = scaling.samples(ranks: ranks)
    let group = try communicator.group(ofFirst: ranks)
    self.group = group
    let alone = alone
    steps =
      group.map { group in
        [(group, true), (group, false), (alone, true)].map { communicator, overlaps in
          ParallelStep(
            replica.parameters, order: .repeatable, communicator: communicator, overlaps: overlaps,
            makeOptimizer: replica.optimizer)
        }
      } ?? []
  }

  /// Runs two steps of each kind and times the second, which waits for the first one's parameters
  /// as in training.
  func run(counts: Bool) throws {
    defer {
      rounds += 1
      try? communicator.restUntilAllArrive()
    }
    guard let group else { return }
    let shards = (0..<ranks).map { samples * $0 / ranks..<samples * ($0 + 1) / ranks }
    let own = shards[group.rank]
    // The order of the kinds rotates, because the first step after idling is slower.
    for turn in steps.indices {
      let kind = (turn + rounds) % steps.count
      let step = steps[kind]
      try group.barrier()
      var time = 0.0
      for _ in 0..<2 {
        time = try seconds {
          _ = try step(
            shards: kind < 2 ? shards : [0..<own.count], learningRate: 1e-6, next: {},
            forward: {
              ParallelStep.Outcome(loss: try replica.loss($1), figures: [], name: "random")
            })
        }
      }
      let slowest = try group.allGather([time]).reduce(0) { max($0, $1[0]) }
      if counts { times[kind].append(slowest) }
    }
  }

  /// The medians, taken from rank 0, which is part of every group.
  func result() throws -> StepResult {
    let medians = try communicator.allGather(times.map { $0.isEmpty ? 0 : median($0) })[0]
    return StepResult(
      ranks: ranks, samples: samples, seconds: medians[0], secondsWithoutOverlap: medians[1],
      secondsAlone: medians[2])
  }

  func finish() {
    try? alone.finish()
    try? group?.finish()
  }
}
