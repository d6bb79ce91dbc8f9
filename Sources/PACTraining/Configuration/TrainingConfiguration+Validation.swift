import PACConfiguration

extension TrainingConfiguration {
  /// Whether there are samples to validate on.
  var validates: Bool { validationSplit != nil || validationRatio > 0 }

  /// Whether `test-split` has its default, so that a dataset may lack that split.
  var hasDefaultTestSplit: Bool {
    let byDefault = type(of: settings).generalDefaults["test-split"]
    return testSplit == byDefault ?? TrainingConfiguration(settings, tasks: tasks).testSplit
  }

  /// What is wrong with the keys for validation; nil if nothing is.
  var validationConflict: ConfigurationConflict? {
    if validationSplit != nil, validationRatio > 0 {
      return ConfigurationConflict(
        keys: ["validation-split", "val-ratio"],
        problem: "validation-split: not together with val-ratio, which holds out samples of the "
          + "training split; remove one of the two")
    }
    if let validationSplit, validationSplit == trainSplit {
      return ConfigurationConflict(
        keys: ["validation-split", "train-split"],
        problem: "validation-split: \(validationSplit) is the training split; choose another, or "
          + "hold out its end with val-ratio")
    }
    guard validates else {
      return uselessValidationKey.map {
        ConfigurationConflict(
          keys: [$0],
          problem: "\($0): has no effect without samples to validate on; set validation-split or "
            + "val-ratio, or remove it")
      }
    }
    if patience != nil, best == nil {
      return ConfigurationConflict(
        keys: ["patience"],
        problem: "patience: needs best, the measure that is to improve; set it to a metric, or to "
          + "loss")
    }
    let isValidated = validateEverySteps > 0 || (validateEvery > 0 && validateEvery <= epochs)
    if best != nil, !isValidated {
      return ConfigurationConflict(
        keys: ["validate-every", "best"],
        problem: "validate-every: there is no validation to choose the best weights by; set it to "
          + "1 to \(epochs) epochs, or set validate-every-steps")
    }
    return nil
  }

  /// The first key that is set although only a validation uses it.
  private var uselessValidationKey: String? {
    let given = [
      ("best", best != nil), ("patience", patience != nil),
      ("validate-every", validateEvery != 1), ("validate-every-steps", validateEverySteps != 0),
    ]
    return given.first { $0.1 }?.0
  }
}
