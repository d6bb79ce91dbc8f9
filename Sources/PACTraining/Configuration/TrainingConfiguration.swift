import PACConfiguration
import PACDistributed
import PACOptimizers
import PACWeights

/// Everything that decides what a training run computes, and what it writes.
///
/// It is read from a YAML file of flat keys and from overrides, strictly: see `init(file:overrides:tasks:)`. Each
/// property belongs to one entry of `generalKeys`, which says how its key is called and which values are allowed; what only one
/// task knows is in `settings`. Paths are relative to the current folder, not to the file's.
public struct TrainingConfiguration: Sendable {
  /// The tasks among which the network's name chooses.
  public let tasks: [any TaskSettings.Type]
  /// The network, and what else belongs to its task alone.
  public var settings: any TaskSettings
  /// The folder that receives everything the run makes; in a file or override, `{KEY}` stands for a key's value.
  public var run = ""
  /// The HDF5 dataset.
  public var data = ""
  /// The name of the split to train on.
  public var trainSplit = "train"
  /// The name of the split to measure on.
  public var testSplit = "test"
  /// The share of the training split, at its end, that is set aside for validation; 0 ≤ r < 1.
  public var validationRatio = 0.0
  /// The file of weights that a new run starts from; nil without one.
  public var weights: String?
  /// What every random number of the run is derived from.
  public var seed = 0
  /// How often the training split is passed.
  public var epochs = 0
  /// Samples per optimizer step, over all ranks.
  public var globalBatchSize = 1
  /// The optimizer.
  public var optimizer = OptimizerKind.adam
  /// The optimizer's constants.
  public var optimizerSettings = OptimizerSettings()
  /// The learning-rate schedule.
  public var schedule = Schedule.steps
  /// The learning rate that training starts with.
  public var learningRate = 1e-4
  /// The epochs, counted from 0, from which on the learning rate is multiplied by `learningRateDecay` once more.
  public var learningRateSteps: [Int] = []
  /// See `learningRateSteps`.
  public var learningRateDecay = 0.1
  /// In which order gradients are added over the ranks.
  public var reduction = GradientReduction.Order.repeatable
  /// Epochs between two measurements on the test split; 0 = only at the end.
  public var testEvery = 1
  /// Epochs between two checkpoints; 0 = only at the end.
  public var checkpointEvery = 1
  /// Optimizer steps between two checkpoints; 0 = none inside an epoch.
  public var checkpointEverySteps = 0
  /// How many checkpoints stay.
  public var keepCheckpoints = 3
  /// Samples that each rank prefetches.
  public var readAhead = 4
  /// Upper bound on optimizer steps.
  public var steps: Int?
  /// Minutes after which training stops cleanly.
  public var maximumMinutes: Double?
  /// Seconds after which a rank that sends no heartbeat or makes no progress ends the job.
  public var stallTimeout: Double? = 300

  /// Makes a configuration in which nothing required is set yet; the values are not checked.
  /// - Parameters:
  ///   - settings: the network and its task.
  ///   - tasks: the tasks among which the network's name chooses, if it is read anew.
  public init(_ settings: any TaskSettings, tasks: [any TaskSettings.Type]) {
    self.settings = settings
    self.tasks = tasks
  }
}

extension TrainingConfiguration {
  /// The network's name.
  public var model: String { settings.model }

  /// Settings of the learning rate schedule.
  /// - Parameter stepsPerEpoch: the number of optimizer steps in an epoch.
  /// - Returns: the settings.
  public func scheduleSettings(stepsPerEpoch: Int) -> ScheduleSettings {
    ScheduleSettings(
      initialRate: learningRate, decay: learningRateDecay, milestones: learningRateSteps,
      epochs: epochs, stepsPerEpoch: stepsPerEpoch)
  }
}

extension TrainingConfiguration: Equatable {
  /// Whether every key has the same value.
  public static func == (a: TrainingConfiguration, b: TrainingConfiguration) -> Bool {
    a.yaml == b.yaml
  }
}
