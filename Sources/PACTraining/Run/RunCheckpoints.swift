import PACCheckpoints
import PACDistributed

/// The checkpoints of a run: when they are due, and how the state between two steps gets into them.
///
/// Training waits while the state is copied; the copy is written in the background.
struct RunCheckpoints {
  private let configuration: TrainingConfiguration
  private let parameters: TrainedParameters
  private let metrics: [Metric]
  private let arithmetic: Arithmetic
  private let dataset: String?
  private let communicator: Communicator
  private let timeline: Timeline?
  private let interval: Interval
  private var copy = StateCopy()
  /// The step of the state in `copy`.
  private var copiedStep: Int?
  /// The position in the newest checkpoint.
  private var saved: RunPosition?

  /// Describes the checkpoints; nothing is copied yet.
  /// - Parameters:
  ///   - configuration: the run.
  ///   - parameters: the parameters, those that are frozen included.
  ///   - metrics: the metrics of its task.
  ///   - arithmetic: what this rank computes with.
  ///   - dataset: the checksum of the dataset; nil if it has none.
  ///   - communicator: the ranks.
  ///   - timeline: records what the time is spent on.
  init(
    _ configuration: TrainingConfiguration, _ parameters: TrainedParameters, metrics: [Metric],
    arithmetic: Arithmetic, dataset: String?, communicator: Communicator, timeline: Timeline?
  ) {
    self.configuration = configuration
    self.parameters = parameters
    self.metrics = metrics
    self.arithmetic = arithmetic
    self.dataset = dataset
    self.communicator = communicator
    self.timeline = timeline
    interval = Interval(
      epochs: configuration.checkpointEvery, steps: configuration.checkpointEverySteps)
  }

  /// Whether a checkpoint is due at a position.
  func isDue(at position: RunPosition) -> Bool { interval.isDue(at: position) }

  /// Says that the newest checkpoint is that of `position`, from which the run resumes.
  mutating func resume(at position: RunPosition) { saved = position }

  /// Allocates the copy now, if it will be used: at the first checkpoint this would delay the
  /// steps.
  mutating func prepare(_ step: ParallelStep) throws {
    guard interval.epochs > 0 || interval.steps > 0 || configuration.best != nil else { return }
    try copy.update(from: step, isRankZero: communicator.isRankZero)
  }

  /// Starts writing a checkpoint in the background, unless it exists already; all ranks call it.
  /// - Parameters:
  ///   - step: holds the parameters and the optimizer's state.
  ///   - position: the position of the run.
  ///   - folder: the run folder.
  /// - Throws: why no more checkpoints are written, on all ranks alike.
  mutating func save(
    _ step: ParallelStep, at position: RunPosition, in folder: RunFolder
  ) throws {
    guard saved != position else { return }
    try write(step, at: position, in: folder, asBest: false)
    saved = position
  }

  /// Starts writing the checkpoint of the best weights in the background; all ranks call it.
  /// - Throws: as `save`.
  mutating func saveBest(
    _ step: ParallelStep, at position: RunPosition, in folder: RunFolder
  ) throws {
    try write(step, at: position, in: folder, asBest: true)
  }

  private mutating func write(
    _ step: ParallelStep, at position: RunPosition, in folder: RunFolder, asBest isBest: Bool
  ) throws {
    communicator.activity.enter(.checkpoint)
    try timeline.measure("checkpoint", .checkpoint) {
      // The previous one must be on disk, because its memory is reused.
      try communicator.together { try folder.finishSaving() }
      if copiedStep != position.step {
        try copy.update(from: step, isRankZero: communicator.isRankZero)
        copiedStep = position.step
      }
      try communicator.together {
        guard communicator.isRankZero else { return }
        try folder.save(
          copy.checkpoint(
            of: parameters, at: position, configuration, metrics, arithmetic,
            dataset: dataset), asBest: isBest)
      }
    }
  }

  /// As `save`, and once more if the checkpoint of this position has failed although training went
  /// on.
  mutating func saveLast(
    _ step: ParallelStep, at position: RunPosition, in folder: RunFolder
  ) throws {
    if saved == position {
      try communicator.together { try folder.finishSaving() }
      if try communicator.any(folder.isCheckpointMissing) { saved = nil }
    }
    try save(step, at: position, in: folder)
  }
}
