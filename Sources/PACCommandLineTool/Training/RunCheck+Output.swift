import ArgumentParser
import Foundation
import PACDistributed
import PACTraining

extension RunCheck {
  /// Prints errors to standard error, a line each, or what the run takes.
  /// - Throws: the exit status if there are errors; all ranks call it.
  func report(_ configuration: TrainingConfiguration, isRankZero: Bool) throws {
    if isRankZero {
      for error in errors { printError("error: \(oneLine(error))") }
      for row in estimate?.rows(of: configuration) ?? [] { print(row) }
    }
    guard errors.isEmpty else { throw ExitCode(ExitStatus.failed.rawValue) }
  }
}

extension RunEstimate {
  /// Lines for a user, each with a name in its first column.
  func rows(of configuration: TrainingConfiguration) -> [String] {
    let run = measurement
    let settings = configuration.settings
    let variant = settings.variant.isEmpty ? "" : " \(settings.variant)"
    let rate = Double(min(configuration.globalBatchSize, run.trainingSamples)) / run.secondsPerStep
    let start = firstStep > 0 ? ", \(firstStep) of them done" : ""
    let free = bytesFree.map { ", \(ByteCount.text($0)) free" } ?? ""
    let rows = [
      ("network", "\(settings.model)\(variant), \(counted(parameters, "parameter"))"),
      ("samples", "\(run.trainingSamples) to train on, \(run.testSamples) to evaluate on"),
      (
        "steps",
        "\(run.stepsPerEpoch) per epoch, \(run.steps) in \(counted(configuration.epochs, "epoch"))"
          + start
      ),
      ("memory", "\(ByteCount.text(bytesPerRank)) per rank"),
      (
        "checkpoints",
        "\(ByteCount.text(bytesPerCheckpoint)) each, the newest \(configuration.keepCheckpoints) kept\(free)"
      ),
      ("step", String(format: "%.3g s, %.3g samples/s", run.secondsPerStep, rate)),
      ("evaluation", String(format: "%.3g s per sample", run.secondsPerEvaluation)),
      ("whole run", "about \(Progress.duration(seconds)) on \(counted(ranks, "rank"))"),
    ]
    return rows.map { columns([($0.0, 12), ($0.1, 0)]) }
  }
}
