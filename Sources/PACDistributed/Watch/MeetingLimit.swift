import Dispatch
import Foundation

/// Ends this process with one line if the ranks take too long to join the job or to leave it, while
/// nothing else watches them.
///
/// A rank that is stopped, or whose host hangs, leaves the others in MPI_Init or MPI_Finalize for
/// ever. Which rank it is cannot be known then: MPI is not there to ask.
final class MeetingLimit: Sendable {
  private let lifted = DispatchSemaphore(value: 0)

  /// The variable that sets how long the ranks have, in seconds.
  static let variable = "PAC_START_TIMEOUT"

  /// How long the ranks have: the variable's value, 600 s without it; nil for `none`.
  /// - Throws: `DistributedError.badTimeout` for any other value.
  static func seconds(from text: String?) throws -> Double? {
    guard let text, !text.isEmpty else { return 600 }
    if text == "none" { return nil }
    guard let seconds = Double(text), seconds > 0, seconds < 1e9 else {
      throw DistributedError.badTimeout(text)
    }
    return seconds
  }

  /// Begins to count.
  /// - Parameters:
  ///   - seconds: how long the ranks have; nil = without end.
  ///   - what: what they do, as in `start`.
  ///   - rank: this process's rank.
  init(_ seconds: Double?, for what: String, rank: Int) {
    guard let seconds else { return }
    // One rank reports it: rank 0, or the next if rank 0 is what hangs. The others end after it.
    let delay = Double(min(rank, 2))
    let thread = Thread { [lifted] in
      Self.count(to: seconds + delay, unless: lifted)
      let line =
        "error: not all ranks did \(what) within \(seconds.formatted()) s (\(Self.variable)): one "
        + "of them, or its host, hangs or is stopped (this is rank \(rank), host "
        + "\(ProcessInfo.processInfo.hostName), process \(getpid())); restart to continue from "
        + "the last checkpoint\n"
      write(STDERR_FILENO, line, line.utf8.count)
      _exit(ExitStatus.lost.rawValue)
    }
    thread.name = "limit"
    thread.start()
  }

  /// Ends the counting: the ranks have met.
  func lift() { lifted.signal() }

  deinit { lift() }

  /// Returns after `seconds`; ends its thread once it is lifted.
  private static func count(to seconds: Double, unless lifted: DispatchSemaphore) {
    var left = Duration.seconds(seconds)
    var last = ContinuousClock.now
    while left > .zero {
      if lifted.wait(timeout: .now() + .milliseconds(100)) == .success { Thread.exit() }
      let now = ContinuousClock.now
      // If this process itself did not run, as when a job is suspended, the time does not count.
      left -= min(now - last, .milliseconds(500))
      last = now
    }
  }
}
