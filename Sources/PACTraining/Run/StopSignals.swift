import Glibc

/// The signals that ask a run to stop cleanly: SIGTERM and SIGUSR1.
///
/// They are blocked, not handled: a signal stays pending until the run polls for it between two
/// steps. No handler interrupts anything, and no state is shared between threads.
public enum StopSignals {
  private static let names = [SIGTERM: "SIGTERM", SIGUSR1: "SIGUSR1"]

  /// Blocks the signals from now on, for this thread and the threads it starts.
  ///
  /// Must be called before other threads exist: in a thread that does not block it, a signal would
  /// kill the process.
  public static func hold() {
    var signals = set
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// Takes a signal that has arrived since the last call.
  /// - Returns: its name; nil if there was none.
  static func take() -> String? {
    var signals = set
    var immediately = timespec(tv_sec: 0, tv_nsec: 0)
    return names[sigtimedwait(&signals, nil, &immediately)]
  }

  private static var set: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in names.keys { sigaddset(&signals, signal) }
    return signals
  }
}
