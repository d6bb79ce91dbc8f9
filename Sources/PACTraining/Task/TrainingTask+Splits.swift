import PACData

/// Which samples of a dataset are for training, validation and test.
extension TrainingTask {
  /// The training samples that `train-split` and `val-ratio` select, and their name for messages.
  public func trainingIndices(_ dataset: DatasetReader) throws -> (split: String, indices: [Int]) {
    try configuration.trainingIndices(of: dataset)
  }

  /// The samples to validate on, and their name for messages: the split `validation-split`, or with
  /// `val-ratio` the held-out end of the training split.
  /// - Throws: `DataError` if there are none, or some are also for training.
  /// - Precondition: the configuration has samples to validate on.
  public func validationIndices(
    _ dataset: DatasetReader
  ) throws -> (split: String, indices: [Int]) {
    let training = try dataset.split(configuration.trainSplit)
    guard let name = configuration.validationSplit else {
      precondition(configuration.validationRatio > 0, "no samples to validate on")
      let heldOut = Array(training.dropFirst(configuration.trainingCount(of: training)))
      guard !heldOut.isEmpty else {
        throw DataError(
          "\(dataset.path): val-ratio \(configuration.validationRatio) holds out none of the "
            + "\(training.count) samples of \(configuration.trainSplit); increase it")
      }
      return ("\(configuration.trainSplit), its part for validation", heldOut)
    }
    let split = try dataset.split(name)
    let shared = split.filter(Set(training).contains)
    if let first = shared.first {
      throw DataError(
        "\(dataset.path): \(shared.count) of the \(split.count) samples of validation-split \(name) "
          + "are in train-split \(configuration.trainSplit), too, the first is "
          + "\(dataset.names[first]); choose splits that share no sample")
    }
    return (name, split)
  }

  /// The samples to test on, and their name for messages: the split `test-split`, or those to
  /// validate on if the dataset has no test split (`isTested`).
  public func testIndices(_ dataset: DatasetReader) throws -> (split: String, indices: [Int]) {
    guard isTested(on: dataset) else { return try validationIndices(dataset) }
    return (configuration.testSplit, try dataset.split(configuration.testSplit))
  }

  /// Whether there are samples to test on besides those to validate on.
  ///
  /// A dataset may lack the test split that a configuration has by default if there are samples to
  /// validate on; any other split must exist.
  func isTested(on dataset: DatasetReader) -> Bool {
    guard configuration.validates, configuration.hasDefaultTestSplit else { return true }
    return dataset.splits[configuration.testSplit].map { !$0.isEmpty } ?? false
  }

  /// What the user should know about the samples to test on; nil if there is nothing.
  func testRemark(_ dataset: DatasetReader) -> String? {
    guard !isTested(on: dataset) else { return nil }
    return
      "\(dataset.path) holds no samples to test on in a split \(configuration.testSplit), only "
      + "those to validate on"
  }
}

extension TrainingConfiguration {
  /// The training samples that `train-split` and `val-ratio` select, and their name for messages.
  public func trainingIndices(
    of dataset: DatasetReader
  ) throws -> (split: String, indices: [Int]) {
    let split = try dataset.split(trainSplit)
    return (trainSplit, Array(split.prefix(trainingCount(of: split))))
  }

  fileprivate func trainingCount(of split: [Int]) -> Int {
    split.count - Int(Double(split.count) * validationRatio)
  }
}
