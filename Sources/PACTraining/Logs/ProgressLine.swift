import Glibc

/// Shows the progress of a run: on a terminal one line that is rewritten in place, elsewhere a
/// plain line from time to time.
public struct ProgressLine {
  private let isTerminal: Bool
  private let clock: () -> Double
  private let write: (String) -> Void
  private var meter = RateMeter(span: 20)
  private var samples = 0
  private var lastShown: Double?
  private var isOnScreen = false

  /// Seconds between two updates on a terminal.
  private static let terminalInterval = 0.1
  /// Seconds between two plain lines within an epoch.
  private static let plainInterval = 30.0
  /// A longer line would wrap, and could not be rewritten.
  private static let width = 79

  /// Makes a line that writes through `write`.
  /// - Parameters:
  ///   - isTerminal: whether the line can be rewritten in place.
  ///   - clock: returns monotonic seconds.
  ///   - write: receives text including line ends.
  public init(isTerminal: Bool, clock: @escaping () -> Double, write: @escaping (String) -> Void) {
    self.isTerminal = isTerminal
    self.clock = clock
    self.write = write
  }

  /// A line on standard error.
  /// - Parameter isTerminal: whether it goes to a terminal; under a launcher the process cannot
  ///   tell by itself.
  /// - Returns: the line.
  public static func standardError(isTerminal: Bool) -> ProgressLine {
    ProgressLine(isTerminal: isTerminal, clock: monotonicSeconds) { text in
      let bytes = Array(text.utf8)
      // A failure to show progress is not a reason to stop.
      _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
  }

  /// Records a step; updates the line when it is due, and always at the end of an epoch.
  public mutating func update(_ progress: Progress) {
    let now = clock()
    samples += progress.globalBatchSize
    meter.note(samples: samples, at: now)
    let interval = isTerminal ? Self.terminalInterval : Self.plainInterval
    let isEpochEnd = progress.step >= progress.stepsPerEpoch
    // The first plain line waits for the interval too, since the speed is not known before.
    if lastShown == nil, !isTerminal { lastShown = now }
    guard isEpochEnd || lastShown.map({ now - $0 >= interval }) ?? true else { return }
    lastShown = now
    let line = progress.line(rate: meter.rate)
    if isTerminal {
      write("\r\(line.prefix(Self.width))\u{1b}[K")
      isOnScreen = true
    } else {
      write("\(line)\n")
    }
  }

  /// Writes a line that stays, above the progress line on a terminal.
  public mutating func message(_ text: String) {
    clear()
    write("\(text)\n")
  }

  /// Excludes from the speed what comes next: an evaluation or a checkpoint.
  public mutating func pause() { meter.pause() }

  /// Erases the line on a terminal, before other output and at the end.
  public mutating func clear() {
    if isOnScreen { write("\r\u{1b}[K") }
    isOnScreen = false
  }
}

private func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
