/// The exit statuses of the program, the same on every rank of a job where that is possible
/// (docs/running.md).
///
/// A rank that a signal ends has 128 + the signal's number, and `mpirun` passes that on.
public enum ExitStatus: Int32, Sendable {
  /// Everything asked for was done.
  case done = 0
  /// It failed for a reason that another start would meet again; the one line of the error says
  /// what to mend.
  case failed = 1
  /// The arguments make no command.
  case usage = 2
  /// A signal asked for the end, and a checkpoint was written; start it again to continue.
  ///
  /// EX_TEMPFAIL of sysexits.h: try again later.
  case stopped = 75
  /// A rank was killed, hangs or cannot be reached; start the job again to continue from the last
  /// checkpoint.
  case lost = 76
}
