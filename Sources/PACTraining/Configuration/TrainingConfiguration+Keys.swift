import PACConfiguration
import PACOptimizers
import PACText

extension TrainingConfiguration {
  /// All keys of this configuration, in the order in which they are documented and saved: the
  /// general ones first, then those of the task.
  public var keys: [ConfigurationKey<TrainingConfiguration>] {
    let task: any TaskSettings.Type = type(of: settings)
    return Self.generalKeys(choosingFrom: tasks) + Self.taskKeys(task)
  }

  /// The keys of one task, lifted to keys of a whole configuration.
  static func taskKeys<Settings: TaskSettings>(
    _ type: Settings.Type
  ) -> [ConfigurationKey<TrainingConfiguration>] {
    Settings.keys.map { key in
      key.lifted(
        part: { $0.taskSettings(as: type) },
        change: {
          (
            configuration: inout TrainingConfiguration,
            change: (inout Settings) throws(ConfigurationError) -> Bool
          ) throws(ConfigurationError) -> Bool in
          var settings = configuration.taskSettings(as: type)
          defer { configuration.settings = settings }
          return try change(&settings)
        })
    }
  }

  private func taskSettings<Settings: TaskSettings>(as type: Settings.Type) -> Settings {
    guard let settings = settings as? Settings else {
      preconditionFailure("\(Settings.task) of a configuration for \(Swift.type(of: settings))")
    }
    return settings
  }

  /// The keys that every task has.
  ///
  /// A new key is a property and an entry here; reading, validation, saving, resuming and
  /// `docs/configuration.md` all follow from it.
  static func generalKeys(
    choosingFrom tasks: [any TaskSettings.Type]
  ) -> [ConfigurationKey<TrainingConfiguration>] {
    guard let first = tasks.first else { preconditionFailure("the list of tasks is empty") }
    let defaults = TrainingConfiguration(first.init(), tasks: tasks)
    func key<Value>(
      _ name: String, _ property: any WritableKeyPath<TrainingConfiguration, Value> & Sendable,
      _ kind: ConfigurationKind<Value>, _ summary: String, required: Bool = false,
      mayChange: Bool = false, otherNames: [String] = []
    ) -> ConfigurationKey<TrainingConfiguration> {
      ConfigurationKey(
        name, property, kind, summary, in: defaults, required: required, mayChange: mayChange,
        otherNames: otherNames)
    }
    return [
      key(
        "run", \.run, .path,
        """
        folder for everything that the run writes; a key in braces, such as `{model}`, is \
        replaced by its value
        """,
        required: true, mayChange: true, otherNames: ["output", "exp-root", "run-folder"]),
      key(
        "data", \.data, .path, "HDF5 dataset, made by `pac prepare`", required: true,
        otherNames: ["dataset", "data-root"]),
      key("train-split", \.trainSplit, .text, "split to train on"),
      key("test-split", \.testSplit, .text, "split to evaluate on"),
      key(
        "val-ratio", \.validationRatio, .belowOne,
        """
        fraction of the training split, taken from its end, that is held out and evaluated \
        instead of the test split
        """,
        otherNames: ["validation-ratio"]),
      key(
        "model", \.settings, .network(of: tasks),
        """
        network, or a filter without parameters, which can be evaluated but not trained: see \
        docs/models.md, and docs/segmentation.md for segmentation networks
        """,
        otherNames: ["network"]),
      key(
        "weights", \.weights, .optional(.path),
        "weights that a new run starts from: .pth, .safetensors, a checkpoint or a run folder",
        otherNames: ["load-weights", "pretrained", "initial-weights"]),
      key(
        "weights-match", \.weightsMatch, .choice,
        """
        what the weights must hold: exact = the whole network and nothing else, partial = any part \
        of it; what was taken, what was not and why is printed
        """,
        otherNames: ["strict", "partial-weights"]),
      key(
        "seed", \.seed, .integer(from: 0, through: .max), "seed of every random number of the run"),
      key(
        "epochs", \.epochs, .integer(from: 1), "number of passes over the training split",
        required: true, mayChange: true),
      key(
        "global-batch", \.globalBatchSize, .integer(from: 1),
        "samples per optimizer step, over all ranks", otherNames: ["batch-size", "train-batch"]),
      key(
        "optimizer", \.optimizer, .one(of: OptimizerKind.all),
        "optimizer that updates the parameters; each follows its namesake in torch.optim"),
      key(
        "lr", \.learningRate, .positive, "initial learning rate", otherNames: ["learning-rate"]),
      key(
        "schedule", \.schedule, .one(of: Schedule.all), Schedule.summary,
        otherNames: ["lr-schedule", "scheduler", "lr-scheduler"]),
      key(
        "lr-steps", \.learningRateSteps, .epochs,
        "epochs, counted from 0, at whose start the learning rate is multiplied by lr-decay",
        otherNames: ["learning-rate-steps", "milestones"]),
      key(
        "lr-decay", \.learningRateDecay, .number("above 0 and at most 1") { $0 > 0 && $0 <= 1 },
        "factor applied to the learning rate at each of lr-steps",
        otherNames: ["learning-rate-decay", "gamma"]),
      key("momentum", \.optimizerSettings.momentum, .belowOne, "momentum of sgd"),
      key(
        "weight-decay", \.optimizerSettings.weightDecay, .notNegative,
        "weight decay λ: adam and sgd add λ times each parameter to its gradient, adamw shrinks the parameter itself"
      ),
      key(
        "beta1", \.optimizerSettings.beta1, .belowOne,
        "adam and adamw: decay rate of the running mean of gradients"),
      key(
        "beta2", \.optimizerSettings.beta2, .belowOne,
        "adam and adamw: decay rate of the running mean of squared gradients"),
      key(
        "epsilon", \.optimizerSettings.epsilon, .positive,
        "adam and adamw: added to the denominator, the root of the mean square",
        otherNames: ["eps"]),
      key(
        "parameters", \.parameterRules, ParameterRule.list,
        """
        rules for parameters by their names: match = pattern as in a shell, lr and weight-decay = \
        multipliers of the run's, 1 where left out; lr: 0 = frozen. The last rule that matches counts
        """,
        otherNames: ["param-groups", "parameter-groups", "rules", "freeze", "frozen", "lr-mult"]),
      key(
        "reduction", \.reduction, .choice,
        """
        order in which gradients are summed: repeatable = bitwise reproducible on any number of \
        ranks, fastest = the order of MPI's all-reduce
        """,
        otherNames: ["all-reduce"]),
      key(
        "test-every", \.testEvery, .integer(from: 0),
        "epochs between two evaluations on the test split; 0 = only at the end", mayChange: true,
        otherNames: ["test-interval"]),
      key(
        "checkpoint-every", \.checkpointEvery, .integer(from: 0),
        "epochs between two checkpoints; 0 = only at the end", mayChange: true,
        otherNames: ["save-interval"]),
      key(
        "checkpoint-every-steps", \.checkpointEverySteps, .integer(from: 0),
        "optimizer steps between two checkpoints; 0 = none inside an epoch", mayChange: true),
      key(
        "keep", \.keepCheckpoints, .integer(from: 1),
        "number of checkpoints kept in the run folder, the newest ones", mayChange: true,
        otherNames: ["keep-checkpoints", "max-to-keep"]),
      key(
        "checkpoint-failures", \.checkpointFailures, .integer(from: 1),
        """
        number of checkpoints in a row that may fail to be written, each of them twice, until \
        training ends; the same for rows of the logs
        """,
        mayChange: true),
      key(
        "read-ahead", \.prefetchCount, .integer(from: 1), "samples that each rank prefetches",
        mayChange: true, otherNames: ["prefetch", "num-workers", "num-data-worker"]),
      key(
        "steps", \.steps, .optional(.integer(from: 1)),
        "number of optimizer steps after which training stops early", mayChange: true,
        otherNames: ["max-steps"]),
      key(
        "max-minutes", \.maximumMinutes, .optional(.positive),
        "wall-clock limit: training stops cleanly after the step that exceeds it",
        mayChange: true),
      key(
        "stall-timeout", \.stallTimeout, .optional(.positive),
        """
        seconds without a heartbeat or progress from a rank after which the job is aborted; \
        none = never
        """,
        mayChange: true),
    ]
  }
}

extension ConfigurationKind where Value == any TaskSettings {
  /// A network or filter of any task by its name, which may contain numbers; the value is the
  /// settings of its task, otherwise with their defaults.
  static func network(of tasks: [any TaskSettings.Type]) -> ConfigurationKind {
    let names = tasks.map { task -> NetworkNames in task.networks }
    return ConfigurationKind(
      allowed: enumeration(names.flatMap(\.forms)), choices: names.flatMap(\.heads),
      explain: { text in names.lazy.compactMap { $0.fault(text) }.first },
      parse: { given in
        guard let name = given.text else { return nil }
        for task in tasks {
          var settings = task.init()
          if settings.choose(model: name) { return settings }
        }
        return nil
      },
      format: { $0.model })
  }
}
