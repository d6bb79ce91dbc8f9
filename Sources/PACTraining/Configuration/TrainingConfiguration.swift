import PACConfiguration
import PACDistributed
import PACOptimizers
import PACWeights

/// Everything that decides what a training run computes, and what it writes.
///
/// It is read strictly from a YAML file of flat keys and from overrides, see
/// `init(file:overrides:settings:tasks:)`. Each property belongs to one entry of `generalKeys`, which gives
/// the name of its key and the allowed values; what belongs to one task alone is in `settings`.
/// Paths are relative to the working directory, not to the file's folder.
public struct TrainingConfiguration: Sendable {
  /// The tasks that the network's name can choose.
  public let tasks: [any TaskSettings.Type]
  /// The network and the settings of its task.
  public var settings: any TaskSettings
  /// The folder for everything that the run writes; in a file or override, `{KEY}` is replaced by
  /// the key's value.
  public var run = ""
  /// The HDF5 dataset.
  public var data = ""
  /// The name of the split to train on.
  public var trainSplit = "train"
  /// The name of the split to evaluate on.
  public var testSplit = "test"
  /// The fraction r of the training split, taken from its end, that is held out to validate on;
  /// 0 ≤ r < 1.
  public var validationRatio = 0.0
  /// The name of the split to validate on; nil without one.
  public var validationSplit: String?
  /// Epochs between two validations; 0 = none at the end of an epoch.
  public var validateEvery = 1
  /// Optimizer steps between two validations; 0 = regardless of steps.
  public var validateEverySteps = 0
  /// The name of the measure by which the best weights are chosen; nil to choose none.
  public var best: String?
  /// The number of validations in a row without improvement after which training stops; nil for no
  /// such limit.
  public var patience: Int?
  /// The file of weights that a new run starts from; nil without one.
  public var weights: String?
  /// How much of the network `weights` must hold.
  public var weightsMatch = WeightsMatch.exact
  /// The seed of every random number of the run.
  public var seed = 0
  /// The number of passes over the training split.
  public var epochs = 0
  /// Samples per optimizer step, over all ranks.
  public var globalBatchSize = 1
  /// The optimizer.
  public var optimizer = OptimizerKind.adam
  /// The optimizer's hyperparameters besides the learning rate.
  public var optimizerSettings = OptimizerSettings()
  /// The rules for parameters whose names match a pattern.
  public var parameterRules: [ParameterRule] = []
  /// The learning-rate schedule.
  public var schedule = Schedule.steps
  /// The initial learning rate.
  public var learningRate = 1e-4
  /// The epochs, counted from 0, at whose start the learning rate is multiplied by
  /// `learningRateDecay`.
  public var learningRateSteps: [Int] = []
  /// The factor applied to the learning rate at each of `learningRateSteps`.
  public var learningRateDecay = 0.1
  /// The order in which gradients are summed over samples and ranks.
  public var reduction = GradientReduction.Order.repeatable
  /// Epochs between two evaluations on the test split; 0 = only at the end.
  public var testEvery = 1
  /// Epochs between two checkpoints; 0 = only at the end.
  public var checkpointEvery = 1
  /// Optimizer steps between two checkpoints; 0 = none inside an epoch.
  public var checkpointEverySteps = 0
  /// The number of checkpoints to keep, the newest ones.
  public var keepCheckpoints = 3
  /// The number of checkpoints in a row that may fail to be written, and the run ends.
  public var checkpointFailures = 3
  /// Optimizer steps between two rows of `steps.csv`; 0 = none.
  public var logEvery = 1
  /// Samples that each rank prefetches.
  public var prefetchCount = 4
  /// The number of optimizer steps after which training stops early; nil without a limit.
  public var steps: Int?
  /// The wall-clock limit in minutes; nil without a limit.
  public var maximumMinutes: Double?
  /// Seconds without a heartbeat or progress from a rank after which the job is aborted; nil =
  /// never.
  public var stallTimeout: Double? = 300

  /// Makes a configuration without any of the required values; nothing is validated.
  /// - Parameters:
  ///   - settings: the network and the settings of its task.
  ///   - tasks: the tasks that a network's name can choose when the configuration is read again.
  public init(_ settings: any TaskSettings, tasks: [any TaskSettings.Type]) {
    self.settings = settings
    self.tasks = tasks
  }
}

extension TrainingConfiguration {
  /// The network's name.
  public var model: String { settings.model }

  /// The settings of the learning rate schedule.
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
