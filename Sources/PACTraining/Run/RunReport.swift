import Foundation
import Logging
import PACCheckpoints
import PACData

/// Log messages and the progress line of a run; only rank 0 prints.
final class RunReport {
  private let configuration: TrainingConfiguration
  private let logger: Logger
  private let isRankZero: Bool
  private var line: ProgressLine

  init(
    _ configuration: TrainingConfiguration, logger: Logger, terminal: Bool, isRankZero: Bool
  ) {
    self.configuration = configuration
    self.logger = logger
    self.isRankZero = isRankZero
    line = ProgressLine.standardError(isTerminal: terminal)
  }

  func note(_ text: String) {
    guard isRankZero else { return }
    line.clear()
    logger.info("\(text)")
  }

  func warn(_ text: String) {
    guard isRankZero else { return }
    line.clear()
    logger.warning("\(text)")
  }

  func began(
    _ plan: GlobalBatchPlan, _ progress: RunPosition, _ arithmetic: Arithmetic,
    resumedFrom path: String
  ) {
    guard isRankZero else { return }
    let settings = configuration.settings
    let network = settings.model + (settings.variant.isEmpty ? "" : " \(settings.variant)")
    logger.info(
      """
      \(network), \(plan.sampleCount) training samples, \
      global batch \(plan.globalBatchSize) over \(plan.worldSize) rank(s), \(arithmetic), \
      \(configuration.epochs) epochs of \(plan.stepsPerEpoch) steps; run folder \(configuration.run)
      """)
    if !path.isEmpty {
      logger.info("resuming from \(path): epoch \(progress.epoch), step \(progress.step)")
    }
  }

  func step(_ progress: RunPosition, _ plan: GlobalBatchPlan) {
    guard isRankZero else { return }
    let left =
      configuration.epochs * plan.stepsPerEpoch
      - progress.epoch * plan.stepsPerEpoch - progress.stepInEpoch
    line.update(
      Progress(
        epoch: progress.epoch, epochs: configuration.epochs, step: progress.stepInEpoch,
        stepsPerEpoch: plan.stepsPerEpoch,
        stepsLeft: min(left, configuration.steps.map { $0 - progress.step } ?? left),
        globalBatchSize: plan.globalBatchSize,
        loss: progress.loss / Double(max(progress.samples, 1))))
  }

  /// Prints the metrics on some samples.
  /// - Parameters:
  ///   - samples: `test` or `validation`.
  ///   - result: the metrics.
  ///   - place: where the run is.
  ///   - isBest: whether the weights are the best so far.
  func measured(
    _ samples: String, _ result: EvaluationResult, at place: String, isBest: Bool = false
  ) {
    guard isRankZero else { return }
    line.pause()
    line.clear()
    logger.info("\(place): \(samples) \(figures(result))\(isBest ? ", the best so far" : "")")
  }

  private func figures(_ result: EvaluationResult) -> String {
    zip(result.metrics, result.values).map { metric, value in
      guard let value else { return "\(metric.name): no valid pixel" }
      return "\(metric.name) \(String(format: "%.4f", value))"
        + (metric.unit.isEmpty ? "" : " \(metric.unit)")
    }.joined(separator: ", ")
  }

  /// Prints what the best and the last weights of a run with validation achieve, a line each.
  func summary(last: WeightMeasures, best: WeightMeasures?) {
    guard isRankZero, last.validation != nil else { return }
    for (name, weights) in [("best", best), ("last", last)] {
      guard let weights else { continue }
      let measures = [("validation", weights.validation), ("test", weights.test)]
        .compactMap { name, result in
          result.map {
            "\(name) \(figures($0)), loss \($0.loss.map { String(format: "%.4g", $0) } ?? "none")"
          }
        }
      logger.info(
        "\(name) weights (step \(weights.step)): \(measures.joined(separator: "; "))")
    }
  }

  /// Prints how training ended; `stop` says why if it ended early.
  func finished(_ progress: RunPosition, _ stop: RunStop?, waiting seconds: Double) {
    guard isRankZero else { return }
    line.clear()
    if let stop {
      logger.info(
        """
        stopped \(stop), after \(progress.epoch) epochs and \(progress.stepInEpoch) steps; \
        \(stop.advice)
        """)
    }
    if seconds > 1 {
      logger.info("waited \(String(format: "%.1f", seconds)) s for samples")
    }
  }
}
