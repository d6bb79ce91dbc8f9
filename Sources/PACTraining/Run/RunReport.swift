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

  func warn(_ text: String) {
    guard isRankZero else { return }
    line.clear()
    logger.warning("\(text)")
  }

  func note(_ text: String) {
    if isRankZero { logger.info("\(text)") }
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

  /// Prints the metrics on the test split after `epoch` epochs.
  func test(_ result: EvaluationResult, epoch: Int) {
    guard isRankZero else { return }
    line.pause()
    line.clear()
    let figures = zip(result.metrics, result.values).map { metric, value in
      guard let value else { return "\(metric.name): no valid pixel" }
      return "\(metric.name) \(String(format: "%.4f", value))"
        + (metric.unit.isEmpty ? "" : " \(metric.unit)")
    }
    logger.info("epoch \(epoch): test \(figures.joined(separator: ", "))")
  }

  /// Prints how training ended; `stop` says why if it ended early.
  func finished(_ progress: RunPosition, _ stop: RunStop?, waiting seconds: Double) {
    guard isRankZero else { return }
    line.clear()
    if let stop {
      logger.info(
        """
        stopped \(stop), after \(progress.epoch) epochs and \(progress.stepInEpoch) steps; \
        start again to resume
        """)
    }
    if seconds > 1 {
      logger.info("waited \(String(format: "%.1f", seconds)) s for samples")
    }
  }
}
