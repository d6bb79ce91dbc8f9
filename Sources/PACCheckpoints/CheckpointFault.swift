import PACFiles

/// What is wrong with a checkpoint file.
public enum CheckpointFault: Error, Equatable, CustomStringConvertible {
  /// The file is something else.
  case notACheckpoint(reason: String)
  /// The file has a different format version than this program reads.
  case otherVersion(found: Int, expected: Int)
  /// The file is truncated, or some of its bytes have changed.
  case corrupt(reason: String)
  /// The file cannot be read for an external reason.
  case inaccessible(reason: String)
  /// The file cannot be written: the whole reason, and the part of it that the system gave.
  case unwritten(reason: String, cause: SystemReason)
  /// The file belongs to a run with other settings; each string names one.
  case otherRun(changes: [String])
  /// The folder holds checkpoints, but none is usable.
  case noneUsable(warnings: [String])

  /// The problem and what to do, in one line.
  public var description: String {
    switch self {
    case .notACheckpoint(let reason):
      return "not a checkpoint: \(reason)"
    case .otherVersion(let found, let expected):
      return "checkpoint format \(found), but this program reads format \(expected); "
        + "use the version of the program that wrote it"
    case .corrupt(let reason): return "corrupt checkpoint: \(reason)"
    case .inaccessible(let reason), .unwritten(let reason, _): return reason
    case .otherRun(let changes):
      return "checkpoint of a run with other settings (\(changes.joined(separator: "; "))); "
        + "choose another run folder, or restore those settings to resume"
    case .noneUsable(let warnings):
      return "no usable checkpoint (\(warnings.joined(separator: "; "))); "
        + "remove them or choose another run folder"
    }
  }
}
