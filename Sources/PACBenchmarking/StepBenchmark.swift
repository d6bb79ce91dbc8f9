import PACDistributed
import PACTraining

/// Training steps of some of the ranks.
public struct StepResult: Sendable {
  /// The ranks that shared a batch; the others rested.
  public let ranks: Int
  /// The samples of a batch.
  public let samples: Int
  /// A step as in training: median of the slowest ranks' seconds.
  public let seconds: Double
  /// A step whose reductions begin after the backward pass, and which ends with its new parameters everywhere.
  public let secondsWithoutOverlap: Double
  /// A step of all ranks at once without any reduction between them.
  public let secondsAlone: Double

  /// The share of the reduction's time that the rest of the step hides; nil if the reduction takes less than one
  /// hundredth of a step, which is lost among the variations of the rest.
  public var hidden: Double? {
    let whole = secondsWithoutOverlap - secondsAlone
    guard whole > 0.01 * seconds else { return nil }
    return (secondsWithoutOverlap - seconds) / whole
  }
}

/// How the batch grows with the ranks.
public enum Scaling: Sendable {
  /// So many samples for each rank.
  case weak(samplesPerRank: Int)
  /// So many samples altogether.
  case strong(samples: Int)

  func samples(ranks: Int) -> Int {
    switch self {
    case .weak(let samples): samples * ranks
    case .strong(let samples): samples
    }
  }
}

/// Steps on random samples, by 1, 2, 4 … and all ranks in turn; all ranks call it together.
/// - Parameters:
///   - workload: the network.
///   - size: width and height of the samples.
///   - scaling: how many samples a batch has.
///   - communicator: the ranks.
///   - repetitions: measurements of each kind, which alternate; two more go before them.
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
  /// The ranks at work; nil where this rank rests.
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

  /// Two steps of each kind, of which the second is measured: it waits for the first one's parameters as in training.
  func run(counts: Bool) throws {
    defer {
      rounds += 1
      try? communicator.restUntilAllArrive()
    }
    guard let group else { return }
    let shards = (0..<ranks).map { samples * $0 / ranks..<samples * ($0 + 1) / ranks }
    let own = shards[group.rank]
    // Another kind comes first each time: the first step after a rest is slower.
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

  /// The medians, which rank 0 has taken part in.
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
