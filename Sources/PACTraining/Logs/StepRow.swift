import Foundation

/// A row of `steps.csv`: one optimizer step.
///
/// The first five columns do not depend on the number of ranks; the others are times of rank 0.
struct StepRow: Sendable {
  /// The number of the step in the run, from 1.
  let step: Int
  /// The number of the epoch it belongs to, from 1, as in `train.log`.
  let epoch: Int
  let learningRate: Double
  /// The mean loss of the global batch.
  let loss: Double
  /// The global norm of the gradient of that mean; nil, written as nothing, if it is not known.
  let gradientNorm: Double?
  /// Seconds from the beginning to the end of the step.
  let seconds: Double
  /// Seconds in which samples were waited for.
  let secondsForData: Double
  /// Seconds after the backward pass in which the totals of the gradients were waited for.
  let secondsForReduction: Double
  /// The number of samples of the global batch.
  let samples: Int

  static let columns = [
    "step", "epoch", "lr", "loss", "gradient_norm", "seconds", "data_seconds",
    "reduction_seconds", "samples_per_second",
  ]

  /// The row with its line end.
  var text: String {
    let times = [seconds, secondsForData, secondsForReduction].map { Self.rounded($0, to: 1e6) }
    let rate = Self.rounded(Double(samples) / max(seconds, 1e-9), to: 1e3)
    // The description of a Double is the shortest text that reads back bit for bit.
    let cells =
      ["\(step)", "\(epoch)", "\(learningRate)", "\(loss)", gradientNorm.map { "\($0)" } ?? ""]
      + (times + [rate]).map { "\($0)" }
    return cells.joined(separator: ",") + "\n"
  }

  private static func rounded(_ value: Double, to parts: Double) -> Double {
    (value * parts).rounded() / parts
  }
}
