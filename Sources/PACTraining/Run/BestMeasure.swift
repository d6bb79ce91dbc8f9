import PACCheckpoints
import PACConfiguration
import PACText

/// The measure by which the best weights of a run are chosen: a metric, or the loss.
struct BestMeasure {
  /// Its name.
  let name: String
  /// Its position among the metrics; nil for the loss.
  private let column: Int?
  private let isHigherBetter: Bool

  /// Finds a measure by its name.
  /// - Throws: `ConfigurationError` if it is neither `loss` nor one of `metrics`.
  init(_ name: String, among metrics: [Metric]) throws(ConfigurationError) {
    let column = metrics.firstIndex { $0.name == name }
    guard column != nil || name == "loss" else {
      throw ConfigurationError(
        place: "best",
        problem: "no metric '\(name)'; choose \(enumeration(metrics.map(\.name) + ["loss"]))")
    }
    self.name = name
    self.column = column
    isHigherBetter = column.map { metrics[$0].isHigherBetter } ?? false
  }

  /// The value of the measure; nil if the samples have no valid pixel.
  func value(in result: EvaluationResult) -> Double? {
    column.map { result.values[$0] } ?? result.loss
  }

  /// Whether a value is better than another one; one that is not finite never is.
  func isBetter(_ value: Double, than other: Double?) -> Bool {
    guard value.isFinite else { return false }
    guard let other else { return true }
    return isHigherBetter ? value > other : value < other
  }
}
