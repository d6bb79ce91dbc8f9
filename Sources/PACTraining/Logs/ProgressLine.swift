import Glibc

/// Shows how far a run is: on a terminal one line that is rewritten in place, elsewhere a plain line now and then.
public struct ProgressLine {
  private let isTerminal: Bool
  private let clock: () -> Double
  private let write: (String) -> Void
  private var meter = RateMeter(span: 20)
  private var samples = 0
  private var lastShown: Double?
  private var isOnScreen = false

  /// Seconds between two rewritings on a terminal.
  private static let terminalInterval = 0.1
  /// Seconds between two plain lines inside an epoch.
  private static let plainInterval = 30.0
  /// A longer line would wrap, and could then not be rewritten.
  private static let width = 79

  /// Makes a line that writes through `write`.
  /// - Parameters:
  ///   - isTerminal: whether what is written can be overwritten.
  ///   - clock: seconds that only ever grow.
  ///   - write: receives text with its own line ends.
  public init(isTerminal: Bool, clock: @escaping () -> Double, write: @escaping (String) -> Void) {
    self.isTerminal = isTerminal
    self.clock = clock
    self.write = write
  }

  /// A line on standard error.
  /// - Parameter isTerminal: whether a person watches; under a launcher the process cannot tell by itself.
  /// - Returns: the line.
  public static func standardError(isTerminal: Bool) -> ProgressLine {
    ProgressLine(isTerminal: isTerminal, clock: monotonicSeconds) { text in
      let bytes = Array(text.utf8)
      // Progress that cannot be shown is no reason to stop.
      _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
  }

  /// Tells of a step that was taken; shows it if it is time, and always at the end of an epoch.
  public mutating func update(_ progress: Progress) {
    let now = clock()
    samples += progress.globalBatchSize
    meter.note(samples: samples, at: now)
    let interval = isTerminal ? Self.terminalInterval : Self.plainInterval
    let isEpochEnd = progress.step >= progress.stepsPerEpoch
    // The first plain line comes after the interval, too: there is no speed to tell before.
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

  /// Leaves out of the speed what comes next: a measurement, a checkpoint.
  public mutating func pause() { meter.pause() }

  /// Removes the line from a terminal, before something else writes there and at the end.
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
