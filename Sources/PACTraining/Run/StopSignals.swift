import Glibc

/// The signals by which people and schedulers ask a run to end in order: SIGTERM and SIGUSR1.
///
/// They are not caught but held back: a signal that has come stays pending until the run asks for it between
/// two steps. No handler interrupts anything, and nothing is shared between threads.
public enum StopSignals {
  private static let names = [SIGTERM: "SIGTERM", SIGUSR1: "SIGUSR1"]

  /// Holds the signals back from now on, for this thread and the threads it starts.
  ///
  /// Called before there are other threads, for one that does not hold a signal back would be ended by it.
  public static func hold() {
    var signals = set
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// Takes a signal that has come since the last call.
  /// - Returns: its name, nil if there was none.
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
