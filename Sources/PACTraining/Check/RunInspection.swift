import PACCheckpoints
import PACConfiguration
import PACData
import PACWeights

/// Finds everything that keeps a run from beginning, as far as files and the configuration show it;
/// nothing is written.
struct RunInspection {
  /// What is wrong, a line each, in the order in which it was found.
  private(set) var errors: [String]
  private let reading: ConfigurationReading
  private let ranks: Int
  private var configuration: TrainingConfiguration { reading.configuration }

  /// Inspects a run.
  /// - Parameters:
  ///   - reading: its configuration, which need not be valid.
  ///   - tasks: the tasks that it was read for.
  ///   - ranks: the number of ranks that are to share each batch.
  init(_ reading: ConfigurationReading, tasks: TaskList, ranks: Int) {
    self.reading = reading
    self.ranks = ranks
    errors = reading.errors.map(\.description)
    let isDatasetOpen = inspectDataset()
    if isDatasetOpen, isSettled(.network),
      let task = at("model", { [configuration] in try trainableTask(configuration, tasks) })
    {
      inspect(task)
    } else {
      inspectFilesOfWeights()
    }
    inspectRunFolder()
  }

  // MARK: - Data

  /// Opens the dataset and looks for the splits.
  /// - Returns: whether it could be opened.
  private mutating func inspectDataset() -> Bool {
    let configuration = configuration
    guard !reading.unsettled.contains("data"),
      let dataset = at("data", { try DatasetReader(configuration.data) })
    else { return false }
    let mayLackTest = configuration.validates && configuration.hasDefaultTestSplit
    let splits =
      [("train-split", configuration.trainSplit)]
      + (configuration.validationSplit.map { [("validation-split", $0)] } ?? [])
      + (mayLackTest ? [] : [("test-split", configuration.testSplit)])
    for (key, split) in splits where isKnown(key) {
      at(key) { _ = try dataset.split(split) }
    }
    return true
  }

  /// Whether a value is the user's, or the default of a network that is known.
  private func isKnown(_ key: String) -> Bool {
    !reading.unsettled.contains(key)
      && (reading.place(of: key) != nil || !reading.unsettled.contains("model"))
  }

  // MARK: - Task

  private mutating func inspect(_ task: some TrainingTask) {
    if isKnown("train-split") { inspectTraining(task) }
    if isKnown("test-split"), let source = at("test-split", { try task.testSource() }),
      isSettled(.samples, .evaluation)
    {
      at("border") { try source.checkSizes(isCropped: false) }
    }
    inspectValidation(task)
    inspectRules(task)
    inspectWeights(of: task)
    let space = CheckpointSpace(of: task)
    if !reading.unsettled.contains("run") { at("run") { try space.require() } }
  }

  private mutating func inspectTraining(_ task: some TrainingTask) {
    guard let source = at("train-split", { try task.trainingSource() }) else { return }
    if isSettled(.samples) { at("crop") { try source.checkSizes(isCropped: true) } }
    let (size, ranks) = (configuration.globalBatchSize, ranks)
    guard !reading.unsettled.contains("global-batch") else { return }
    at("global-batch") {
      _ = try GlobalBatchPlan(
        sampleCount: source.count, globalBatchSize: size, worldSize: ranks, source: source.name)
    }
  }

  private mutating func inspectValidation(_ task: some TrainingTask) {
    let configuration = configuration
    guard configuration.validates else { return }
    let key = configuration.validationSplit == nil ? "val-ratio" : "validation-split"
    if isKnown(key), isKnown("train-split"),
      let source = at(key, { try task.validationSource() }), isSettled(.samples, .evaluation)
    {
      at("border") { try source.checkSizes(isCropped: false) }
    }
    guard let best = configuration.best, isKnown("best") else { return }
    at("best") { _ = try BestMeasure(best, among: task.metrics) }
  }

  private mutating func inspectRules(_ task: some TrainingTask) {
    let configuration = configuration
    guard isKnown("parameters") else { return }
    at("parameters") {
      _ = try ResolvedRules(
        task.parameters, configuration.parameterRules, of: configuration.model)
    }
  }

  // MARK: - Weights

  /// Loads what a new run starts from; what a checkpoint will replace is not looked at.
  private mutating func inspectWeights(of task: some TrainingTask) {
    let configuration = configuration
    let isNew = at("run") { try configuration.isNewRun } ?? true
    let parts = configuration.settings.inputFiles.keys.sorted().first ?? "weights"
    at(parts) { _ = try task.readParts(isReplaced: !isNew) }
    guard isNew, let path = configuration.weights else { return }
    at("weights") { _ = try task.loadInitial(NetworkWeights(reading: path)) }
  }

  /// Reads the files of weights although it is not known which network they are for.
  private mutating func inspectFilesOfWeights() {
    var files = configuration.settings.inputFiles
    files["weights"] = configuration.weights
    for (key, path) in files.sorted(by: { $0.key < $1.key })
    where !reading.unsettled.contains(key) {
      at(key) { _ = try NetworkWeights(reading: path) }
    }
  }

  // MARK: - Run folder

  private mutating func inspectRunFolder() {
    guard !reading.unsettled.contains("run") else { return }
    let configuration = configuration
    at("run") { try requireWritableFolder(configuration.run) }
    // An earlier run can only be compared with all of the keys.
    guard reading.errors.isEmpty else { return }
    at("run") { _ = try configuration.runState() }
  }

  // MARK: - Errors

  /// Whether all keys of some groups have the user's value or its default.
  private func isSettled(_ groups: KeyGroup...) -> Bool {
    configuration.keys.allSatisfy { key in
      !groups.contains(key.group) || !reading.unsettled.contains(key.name)
    }
  }

  /// Runs `body`, and records its error with the place of the key that it is about.
  /// - Returns: what `body` returned; nil if it failed.
  @discardableResult
  private mutating func at<R>(_ key: String, _ body: () throws -> R) -> R? {
    do {
      return try body()
    } catch {
      // Errors of configurations say which key they are about, or where it is.
      let own = error as? ConfigurationError
      let name = own?.place ?? key
      let place = reading.place(of: name) ?? reading.file
      let isKey = configuration.keys.contains { $0.name == name }
      let text = isKey ? "\(place): \(name): \(own?.problem ?? "\(error)")" : "\(error)"
      if !errors.contains(text) { errors.append(text) }
      return nil
    }
  }
}
