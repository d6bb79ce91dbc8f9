import PACDistributed

/// What a run takes: steps, memory, disk space and time.
public struct RunEstimate: Sendable {
  /// The measured step and evaluation.
  public let measurement: RunMeasurement
  /// The number of parameters, those that are frozen included.
  public let parameters: Int
  /// The bytes of resident memory that the rank with most of it needs, with rank 0's copy for
  /// checkpoints.
  public let bytesPerRank: Int
  /// The bytes of a checkpoint.
  public let bytesPerCheckpoint: Int
  /// The bytes that are free for checkpoints; nil if the system does not say.
  public let bytesFree: Int?
  /// The step at which the run continues; 0 for a new one.
  public let firstStep: Int
  /// The number of ranks.
  public let ranks: Int

  /// Measures a run; all ranks call it together.
  init(
    _ configuration: TrainingConfiguration, tasks: TaskList, _ communicator: Communicator
  ) throws {
    let task = try communicator.together { try tasks.makeTask(configuration) }
    func space(_ task: some TrainingTask) -> CheckpointSpace { CheckpointSpace(of: task) }
    let space = space(task)
    bytesPerCheckpoint = space.bytesEach
    bytesFree = space.free
    parameters = task.parameters.reduce(0) { $0 + $1.parameter.shape.count }
    measurement = try measureRun(task, ranks: communicator.worldSize, communicator)
    bytesPerRank =
      measurement.peakBytes.enumerated().map { rank, bytes in
        bytes + (rank == 0 ? space.bytesEach : 0)
      }.max() ?? 0
    let state = try communicator.onRankZero { try configuration.runState() } ?? nil
    firstStep = try communicator.allGather([state?.step ?? 0])[0][0]
    ranks = communicator.worldSize
  }

  /// The steps that are left.
  public var stepsLeft: Int { max(measurement.steps - firstStep, 0) }

  /// The seconds of all that is left: steps, and evaluations, which the ranks share.
  public var seconds: Double {
    let left = Double(stepsLeft) / Double(max(measurement.steps, 1))
    let evaluations =
      Double(measurement.evaluatedSamples) * measurement.secondsPerEvaluation / Double(ranks)
    return Double(stepsLeft) * measurement.secondsPerStep + left * evaluations
  }
}
