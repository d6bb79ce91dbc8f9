import PACCheckpoints
import PACData
import PACDistributed

/// How a run validates: on which samples and when, and what follows from the results.
///
/// Only the validations of `validate-every` and `validate-every-steps` count. So a run that is
/// stopped anywhere and resumed chooses the same weights and ends at the same step as one that is
/// not.
struct Validation<Task: TrainingTask> {
  /// Evaluates the samples to validate on.
  let evaluator: Evaluator<Task>
  private let source: String
  private let interval: Interval
  private let measure: BestMeasure?
  private let patience: Int?

  /// Opens the samples.
  /// - Returns: nil if the configuration has none.
  /// - Throws: `ConfigurationError` if there is no measure of the name `best`, or an error of the
  ///   samples.
  init?(_ task: Task, communicator: Communicator) throws {
    let configuration = task.configuration
    guard configuration.validates else { return nil }
    measure = try configuration.best.map { try BestMeasure($0, among: task.metrics) }
    patience = configuration.patience
    interval = Interval(
      epochs: configuration.validateEvery, steps: configuration.validateEverySteps)
    let source = try task.validationSource()
    self.source = source.name
    evaluator = try Evaluator(task, source, communicator: communicator)
  }

  /// Whether a validation is due at a position and has not taken place.
  func isDue(at position: RunPosition) -> Bool {
    interval.isDue(at: position) && position.validation.step != position.step
  }

  /// Counts the validation of the weights at a position.
  /// - Returns: whether they are the best so far.
  /// - Throws: `DataError` if the samples have no valid pixel, so that nothing can be chosen.
  func count(_ result: EvaluationResult, at position: inout RunPosition) throws -> Bool {
    var state = position.validation
    state.step = position.step
    defer { position.validation = state }
    guard let measure else { return false }
    guard let value = measure.value(in: result) else {
      throw DataError(
        "\(source): no valid pixel, so there is no \(measure.name) to choose the best weights by; "
          + "choose other samples to validate on")
    }
    guard measure.isBetter(value, than: state.best?.value) else {
      state.withoutImprovement += 1
      return false
    }
    state.best = ValidationState.Best(value: value, step: position.step, epoch: position.epoch)
    state.withoutImprovement = 0
    return true
  }

  /// Why a run stops early at a position: `patience` validations in a row were no better; nil if it
  /// goes on.
  func stop(at position: RunPosition) -> RunStop? {
    guard let patience, position.validation.withoutImprovement >= patience else { return nil }
    return .patience(position.validation.withoutImprovement)
  }
}
