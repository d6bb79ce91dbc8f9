import Foundation

/// The progress of a run, for its progress line.
public struct Progress: Sendable, Equatable {
  /// The epoch, counted from 0.
  public var epoch: Int
  /// The number of epochs of the run.
  public var epochs: Int
  /// The optimizer steps done in this epoch.
  public var step: Int
  /// The optimizer steps per epoch.
  public var stepsPerEpoch: Int
  /// The optimizer steps left in the whole run.
  public var stepsLeft: Int
  /// The samples per step.
  public var globalBatchSize: Int
  /// The mean loss of this epoch so far.
  public var loss: Double

  /// Describes the progress of a run.
  public init(
    epoch: Int, epochs: Int, step: Int, stepsPerEpoch: Int, stepsLeft: Int, globalBatchSize: Int,
    loss: Double
  ) {
    self.epoch = epoch
    self.epochs = epochs
    self.step = step
    self.stepsPerEpoch = stepsPerEpoch
    self.stepsLeft = stepsLeft
    self.globalBatchSize = globalBatchSize
    self.loss = loss
  }

  /// The line: `epoch 3/10  step 7/100  loss 0.01235  12.3 samples/s  1 min 21 s left`.
  /// - Parameter rate: samples per second; while it is nil, speed and time left are not shown.
  /// - Returns: the text.
  func line(rate: Double?) -> String {
    var parts = [
      "epoch \(epoch + 1)/\(epochs)", "step \(step)/\(stepsPerEpoch)",
      "loss \(String(format: "%#.4g", loss))",
    ]
    if let rate, rate > 0, rate.isFinite {
      parts.append(String(format: rate < 100 ? "%#.3g samples/s" : "%.0f samples/s", rate))
      let seconds = Double(stepsLeft) * Double(globalBatchSize) / rate
      parts.append("\(Self.duration(seconds)) left")
    }
    return parts.joined(separator: "  ")
  }

  /// `42 s`, `3 min 05 s`, `2 h 07 min`, `4 d 03 h`.
  package static func duration(_ seconds: Double) -> String {
    // Larger numbers are meaningless, and might not fit an Int.
    let whole = Int(min(max(seconds, 0), 1e9).rounded())
    let two = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
    switch whole {
    case ..<60: return "\(whole) s"
    case ..<3600: return "\(whole / 60) min \(two(whole % 60)) s"
    case ..<86400: return "\(whole / 3600) h \(two(whole % 3600 / 60)) min"
    default: return "\(whole / 86400) d \(two(whole % 86400 / 3600)) h"
    }
  }
}

/// Samples per second over a recent time span.
struct RateMeter {
  /// The length of the time span in seconds.
  private let span: Double
  private var marks: [(time: Double, samples: Int)] = []

  init(span: Double) { self.span = span }

  /// Records that `samples` have been processed in total at `time`, in seconds.
  mutating func note(samples: Int, at time: Double) {
    marks.append((time, samples))
    // The last mark before the span is kept, so that a slow step still gives a rate.
    while marks.count > 2, marks[1].time <= time - span { marks.removeFirst() }
  }

  /// Excludes the time until the next mark, in which something other than steps happens.
  mutating func pause() { marks = [] }

  /// Samples per second; nil while there are fewer than two marks.
  var rate: Double? {
    guard let first = marks.first, let last = marks.last, last.time > first.time else { return nil }
    return Double(last.samples - first.samples) / (last.time - first.time)
  }
}
