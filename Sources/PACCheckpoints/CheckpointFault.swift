/// What is wrong with a checkpoint file.
public enum CheckpointFault: Error, Equatable, CustomStringConvertible {
  /// The file is something else.
  case notACheckpoint(reason: String)
  /// The file follows another version of the format than this program.
  case otherVersion(found: Int, expected: Int)
  /// The file is cut short, or bytes of it have changed.
  case corrupt(reason: String)
  /// The file cannot be read or written for a reason outside of it.
  case inaccessible(reason: String)
  /// The file belongs to a run with other settings; each text names one.
  case otherRun(changes: [String])
  /// The folder holds checkpoints, but none that can be used.
  case noneUsable(warnings: [String])

  /// What is wrong and what to do, on one line.
  public var description: String {
    switch self {
    case .notACheckpoint(let reason):
      return "not a checkpoint: \(reason)"
    case .otherVersion(let found, let expected):
      return "checkpoint format \(found), but this program reads format \(expected); "
        + "use the version of the program that wrote it"
    case .corrupt(let reason): return "corrupt checkpoint: \(reason)"
    case .inaccessible(let reason): return reason
    case .otherRun(let changes):
      return "checkpoint of a run with other settings (\(changes.joined(separator: "; "))); "
        + "choose another run folder, or go back to these settings to continue"
    case .noneUsable(let warnings):
      return "no checkpoint here can be used (\(warnings.joined(separator: "; "))); "
        + "remove them or choose another run folder"
    }
  }
}
