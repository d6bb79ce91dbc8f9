import Foundation

/// Where a run stands, for the line that shows it.
public struct Progress: Sendable, Equatable {
  /// The epoch, counted from 0.
  public var epoch: Int
  /// How many epochs there will be.
  public var epochs: Int
  /// Optimizer steps taken in this epoch.
  public var step: Int
  /// Optimizer steps in an epoch.
  public var stepsPerEpoch: Int
  /// Optimizer steps still to be taken in the whole run.
  public var stepsLeft: Int
  /// Samples in a step.
  public var globalBatchSize: Int
  /// The mean loss of this epoch so far.
  public var loss: Double

  /// Says where a run stands.
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

  /// The line; speed and time left are not shown before they are known.
  ///
  /// `epoch 3/10  step 7/100  loss 0.01235  12.3 samples/s  1 min 21 s left`, with `rate` samples per second.
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
    // Beyond this many days nobody plans, and the number might not fit an Int.
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

/// Samples per second over the last while.
struct RateMeter {
  /// How many seconds back are counted.
  private let span: Double
  private var marks: [(time: Double, samples: Int)] = []

  init(span: Double) { self.span = span }

  /// Notes that `samples` had been seen in all at `time`, in seconds.
  mutating func note(samples: Int, at time: Double) {
    marks.append((time, samples))
    // The oldest mark kept is the last one before the span, so that a slow step still gives a rate.
    while marks.count > 2, marks[1].time <= time - span { marks.removeFirst() }
  }

  /// Leaves out the time until the next note: something other than steps was done.
  mutating func pause() { marks = [] }

  /// Samples per second, nil before there are two notes.
  var rate: Double? {
    guard let first = marks.first, let last = marks.last, last.time > first.time else { return nil }
    return Double(last.samples - first.samples) / (last.time - first.time)
  }
}
