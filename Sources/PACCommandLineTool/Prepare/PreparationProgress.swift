import Foundation
import PACTraining

/// Shows the progress of a long command on standard error.
///
/// On a terminal one line is rewritten in place; elsewhere there is a line every ten seconds and
/// one at the end.
struct PreparationProgress {
  private let verb: String
  private let isTerminal: Bool
  private let start = ContinuousClock.now
  private var schedule: Schedule

  /// Starts the clock.
  /// - Parameter verb: what is done to the samples, `wrote`.
  init(_ verb: String) {
    self.verb = verb
    isTerminal = isatty(STDERR_FILENO) == 1
    schedule = Schedule(interval: isTerminal ? 0.1 : 10)
  }

  /// Reports that `done` of `total` samples are done.
  mutating func update(_ done: Int, _ total: Int) {
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    let isLast = done == total
    guard schedule.isDue(at: elapsed) || isLast else { return }
    let text = "\(verb) " + progressText(done: done, total: total, seconds: elapsed)
    if isTerminal {
      write("\r\(text)\u{1B}[K" + (isLast ? "\n" : ""))
    } else {
      printError(text)
    }
  }

  /// Ends an unfinished progress line, so that the next output starts on a line of its own.
  func interrupt() { if isTerminal { write("\n") } }

  private func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Foundation.write(STDERR_FILENO, bytes, bytes.count)
  }

  /// Lets a message through once per interval.
  struct Schedule {
    let interval: Double
    private var last = 0.0

    init(interval: Double) { self.interval = interval }

    /// Whether an interval has passed at `seconds` since the last message, or since the start.
    mutating func isDue(at seconds: Double) -> Bool {
      guard seconds - last >= interval else { return false }
      last = seconds
      return true
    }
  }
}

/// `12 of 64 samples, 8.1 samples/s, 6 s left`, or at the end `64 of 64 samples in 8 s`.
func progressText(done: Int, total: Int, seconds: Double) -> String {
  let text = "\(done) of \(total) samples"
  guard done < total else { return "\(text) in \(PACTraining.Progress.duration(seconds))" }
  guard done > 0, seconds > 0 else { return text }
  let rate = Double(done) / seconds
  let left = PACTraining.Progress.duration(Double(total - done) / rate)
  return "\(text), \(String(format: rate < 10 ? "%.2g" : "%.0f", rate)) samples/s, \(left) left"
}
