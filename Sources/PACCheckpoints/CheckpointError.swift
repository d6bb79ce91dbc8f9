/// An error in writing or reading a checkpoint; the description is one line.
public struct CheckpointError: Error, Equatable, CustomStringConvertible {
  /// The file, or the folder of checkpoints.
  public let file: String
  /// What is wrong with it.
  public let fault: CheckpointFault

  /// Makes an error.
  public init(file: String, fault: CheckpointFault) {
    self.file = file
    self.fault = fault
  }

  /// The file, the problem and what to do.
  public var description: String { "\(file): \(fault)" }
}

/// The error for a non-finite parameter after a step.
public struct NonFiniteParameter: Error, Equatable, CustomStringConvertible {
  /// The name of the parameter.
  public let name: String
  /// The number of optimizer steps taken.
  public let step: Int

  /// The step, the parameter, and what to do.
  public var description: String {
    "step \(step): parameter \(name) is no longer finite; lower lr"
  }
}
