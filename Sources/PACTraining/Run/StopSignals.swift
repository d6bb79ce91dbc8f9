import Glibc

/// Signals that ask for a clean stop.
///
/// They are blocked, not handled: a signal stays pending until somebody polls for it. No handler
/// interrupts anything, and no state is shared between threads.
public struct StopSignals: Sendable {
  private let names: [Int32: String]

  /// Those that a run of one or more ranks stops at: SIGTERM, SIGUSR1, and SIGHUP, which comes when
  /// a terminal closes.
  public static let run = StopSignals(names: [
    SIGTERM: "SIGTERM", SIGUSR1: "SIGUSR1", SIGHUP: "SIGHUP",
  ])

  /// Those that a program stops its runs at: also SIGINT, which a terminal sends at Ctrl-C.
  public static let terminal = StopSignals(
    names: run.names.merging([SIGINT: "SIGINT"]) { name, _ in name })

  /// Blocks the signals from now on, for this thread and the threads it starts.
  ///
  /// Must be called before other threads exist: in a thread that does not block it, a signal would
  /// kill the process. A SIGHUP that is ignored, as below nohup, stays ignored.
  public func hold() {
    var signals = set
    var hangup = sigaction()
    sigaction(SIGHUP, nil, &hangup)
    if unsafeBitCast(hangup.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
    {
      sigdelset(&signals, SIGHUP)
    }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// Takes a signal that has arrived since the last call.
  /// - Parameter milliseconds: how long to wait for one.
  /// - Returns: its name; nil if there was none.
  public func take(within milliseconds: Int = 0) -> String? {
    var signals = set
    var limit = timespec(
      tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    return names[sigtimedwait(&signals, nil, &limit)]
  }

  private var set: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in names.keys { sigaddset(&signals, signal) }
    return signals
  }
}
