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
  /// `docs/configuration.md` all follow from it. It names the group under whose heading it is
  /// documented, and a typical value.
  static func generalKeys(
    choosingFrom tasks: [any TaskSettings.Type]
  ) -> [ConfigurationKey<TrainingConfiguration>] {
    guard let first = tasks.first else { preconditionFailure("the list of tasks is empty") }
    let defaults = TrainingConfiguration(first.init(), tasks: tasks)
    func key<Value>(
      _ name: String, _ property: any WritableKeyPath<TrainingConfiguration, Value> & Sendable,
      _ kind: ConfigurationKind<Value>, _ summary: String, group: KeyGroup = .other,
      example: String? = nil, required: Bool = false, mayChange: Bool = false,
      otherNames: [String] = []
    ) -> ConfigurationKey<TrainingConfiguration> {
      ConfigurationKey(
        name, property, kind, summary, in: defaults, group: group, example: example,
        required: required, mayChange: mayChange, otherNames: otherNames)
    }
    return [
      key(
        "run", \.run, .path,
        """
        folder for everything that the run writes; a key in braces, such as `{model}`, is \
        replaced by its value
        """,
        group: .run, example: "runs/nyu_x8",
        required: true, mayChange: true, otherNames: ["output", "exp-root", "run-folder"]),
      key(
        "data", \.data, .path, "HDF5 dataset, made by `pac prepare`",
        group: .data, example: "data/nyu.h5", required: true,
        otherNames: ["dataset", "data-root"]),
      key(
        "train-split", \.trainSplit, .text, "split to train on",
        group: .data, example: "train"),
      key(
        "test-split", \.testSplit, .text, "split to evaluate on",
        group: .data, example: "val"),
      key(
        "val-ratio", \.validationRatio, .belowOne,
        """
        fraction of the training split, taken from its end, that is held out to validate on, \
        beside the test split; a dataset without the split test-split is then only validated on
        """,
        group: .data, example: "0.1",
        otherNames: ["validation-ratio"]),
      key(
        "validation-split", \.validationSplit, .optional(.text),
        "split to validate on, beside the test split; it shares no sample with train-split",
        group: .data, example: "val", otherNames: ["val-split"]),
      key(
        "validate-every", \.validateEvery, .integer(from: 0),
        "epochs between two validations; 0 = none at the end of an epoch, but at that of the run",
        group: .evaluation, example: "5",
        otherNames: ["val-interval", "eval-interval"]),
      key(
        "validate-every-steps", \.validateEverySteps, .integer(from: 0),
        "optimizer steps between two validations; 0 = regardless of steps",
        group: .evaluation, example: "1000"),
      key(
        "best", \.best, .optional(.text),
        """
        metric of the task, or loss: the weights with its best value in the validations of \
        validate-every and validate-every-steps are kept as checkpoints/best.h5 (RUN@best)
        """,
        group: .evaluation, example: "rmse",
        otherNames: ["monitor", "save-best", "keep-best"]),
      key(
        "patience", \.patience, .optional(.integer(from: 1)),
        "validations in a row without a better value of best after which training stops early",
        group: .evaluation, example: "10",
        mayChange: true, otherNames: ["early-stopping"]),
      key(
        "model", \.settings, .network(of: tasks),
        """
        network, or a filter without parameters, which can be evaluated but not trained: see \
        docs/models.md, and docs/segmentation.md for segmentation networks
        """,
        group: .network, example: "PacJointUpsample",
        otherNames: ["network"]),
      key(
        "weights", \.weights, .optional(.path),
        """
        weights that a new run starts from: .pth, .safetensors, a checkpoint or a run folder, RUN \
        or RUN@last (its newest checkpoint), RUN@best or RUN@12000 (of that step)
        """,
        group: .weights, example: "x8.pth",
        otherNames: ["load-weights", "pretrained", "initial-weights"]),
      key(
        "weights-match", \.weightsMatch, .choice,
        """
        what the weights must hold: exact = the whole network and nothing else, partial = any part \
        of it; what was taken, what was not and why is printed
        """,
        group: .weights, example: "partial",
        otherNames: ["strict", "partial-weights"]),
      key(
        "seed", \.seed, .integer(from: 0, through: .max), "seed of every random number of the run",
        group: .run, example: "1"),
      key(
        "epochs", \.epochs, .integer(from: 1), "number of passes over the training split",
        group: .run, example: "40",
        required: true, mayChange: true),
      key(
        "global-batch", \.globalBatchSize, .integer(from: 1),
        "samples per optimizer step, over all ranks",
        group: .ranks, example: "8", otherNames: ["batch-size", "train-batch"]),
      key(
        "optimizer", \.optimizer, .one(of: OptimizerKind.all),
        "optimizer that updates the parameters; each follows its namesake in torch.optim",
        group: .optimizer, example: "sgd"),
      key(
        "lr", \.learningRate, .positive, "initial learning rate",
        group: .schedule, example: "0.0002", otherNames: ["learning-rate"]),
      key(
        "schedule", \.schedule, .one(of: Schedule.all), Schedule.summary,
        group: .schedule, example: "cosine",
        otherNames: ["lr-schedule", "scheduler", "lr-scheduler"]),
      key(
        "lr-steps", \.learningRateSteps, .epochs,
        "epochs, counted from 0, at whose start the learning rate is multiplied by lr-decay",
        group: .schedule, example: "[20, 30]",
        otherNames: ["learning-rate-steps", "milestones"]),
      key(
        "lr-decay", \.learningRateDecay, .number("above 0 and at most 1") { $0 > 0 && $0 <= 1 },
        "factor applied to the learning rate at each of lr-steps",
        group: .schedule, example: "0.5",
        otherNames: ["learning-rate-decay", "gamma"]),
      key(
        "momentum", \.optimizerSettings.momentum, .belowOne, "momentum of sgd",
        group: .optimizer, example: "0.9"),
      key(
        "weight-decay", \.optimizerSettings.weightDecay, .notNegative,
        "weight decay λ: adam and sgd add λ times each parameter to its gradient, adamw shrinks the parameter itself",
        group: .optimizer, example: "0.0005"
      ),
      key(
        "beta1", \.optimizerSettings.beta1, .belowOne,
        "adam and adamw: decay rate of the running mean of gradients",
        group: .optimizer, example: "0.95"),
      key(
        "beta2", \.optimizerSettings.beta2, .belowOne,
        "adam and adamw: decay rate of the running mean of squared gradients",
        group: .optimizer, example: "0.99"),
      key(
        "epsilon", \.optimizerSettings.epsilon, .positive,
        "adam and adamw: added to the denominator, the root of the mean square",
        group: .optimizer, example: "1e-06",
        otherNames: ["eps"]),
      key(
        "parameters", \.parameterRules, ParameterRule.list,
        """
        rules for parameters by their names: match = pattern as in a shell, lr and weight-decay = \
        multipliers of the run's, 1 where left out; lr: 0 = frozen. The last rule that matches counts
        """,
        group: .optimizer, example: #"[{match: "*.bias", lr: 2}]"#,
        otherNames: ["param-groups", "parameter-groups", "rules", "freeze", "frozen", "lr-mult"]),
      key(
        "reduction", \.reduction, .choice,
        """
        order in which gradients are summed: repeatable = bitwise reproducible on any number of \
        ranks, fastest = the order of MPI's all-reduce
        """,
        group: .ranks, example: "fastest",
        otherNames: ["all-reduce"]),
      key(
        "test-every", \.testEvery, .integer(from: 0),
        "epochs between two evaluations on the test split; 0 = only at the end",
        group: .evaluation, example: "5", mayChange: true,
        otherNames: ["test-interval"]),
      key(
        "checkpoint-every", \.checkpointEvery, .integer(from: 0),
        "epochs between two checkpoints; 0 = only at the end",
        group: .checkpoints, example: "5", mayChange: true,
        otherNames: ["save-interval"]),
      key(
        "checkpoint-every-steps", \.checkpointEverySteps, .integer(from: 0),
        "optimizer steps between two checkpoints; 0 = none inside an epoch",
        group: .checkpoints, example: "1000", mayChange: true),
      key(
        "keep", \.keepCheckpoints, .integer(from: 1),
        "number of checkpoints kept in the run folder, the newest ones",
        group: .checkpoints, example: "10", mayChange: true,
        otherNames: ["keep-checkpoints", "max-to-keep"]),
      key(
        "checkpoint-failures", \.checkpointFailures, .integer(from: 1),
        """
        number of checkpoints in a row that may fail to be written, each of them twice, until \
        training ends; the same for rows of the logs
        """,
        group: .checkpoints, example: "10",
        mayChange: true),
      key(
        "log-every", \.logEvery, .integer(from: 0),
        "optimizer steps between two rows of steps.csv; 0 = no such file", group: .logs,
        example: "10", mayChange: true, otherNames: ["log-interval", "print-freq"]),
      key(
        "read-ahead", \.prefetchCount, .integer(from: 1), "samples that each rank prefetches",
        group: .data, example: "8",
        mayChange: true, otherNames: ["prefetch", "num-workers", "num-data-worker"]),
      key(
        "steps", \.steps, .optional(.integer(from: 1)),
        "number of optimizer steps after which training stops early",
        group: .run, example: "5000", mayChange: true,
        otherNames: ["max-steps"]),
      key(
        "max-minutes", \.maximumMinutes, .optional(.positive),
        "wall-clock limit: training stops cleanly after the step that exceeds it",
        group: .run, example: "90",
        mayChange: true),
      key(
        "stall-timeout", \.stallTimeout, .optional(.positive),
        """
        seconds without a heartbeat or progress from a rank after which the job is aborted; \
        none = never
        """,
        group: .ranks, example: "600",
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
