/// The exit statuses of the program, the same on every rank of a job if possible (docs/running.md).
///
/// A rank that a signal kills has 128 + the signal's number, and `mpirun` passes that on.
public enum ExitStatus: Int32, Sendable {
  /// Success.
  case done = 0
  /// It failed for a reason that would recur on a restart; the one-line error says what to fix.
  case failed = 1
  /// The arguments are not a valid command.
  case usage = 2
  /// A signal requested a stop, and a checkpoint was written; restart to resume.
  ///
  /// EX_TEMPFAIL of sysexits.h: try again later.
  case stopped = 75
  /// A rank was killed, hangs or cannot be reached; restart the job to resume from the last
  /// checkpoint.
  case lost = 76
}
