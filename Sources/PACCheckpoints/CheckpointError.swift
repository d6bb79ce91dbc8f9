/// A checkpoint file that cannot be written or used; the description is one line.
public struct CheckpointError: Error, Equatable, CustomStringConvertible {
  /// The file, or the folder of checkpoints.
  public let file: String
  /// What is wrong with it.
  public let fault: CheckpointFault

  /// Describes what is wrong.
  public init(file: String, fault: CheckpointFault) {
    self.file = file
    self.fault = fault
  }

  /// The file, what is wrong with it, and what to do.
  public var description: String { "\(file): \(fault)" }
}

/// A parameter that is not finite after a step.
public struct NonFiniteParameter: Error, Equatable, CustomStringConvertible {
  /// Its name.
  public let name: String
  /// The number of optimizer steps taken.
  public let step: Int

  /// The step, the parameter, and what to do.
  public var description: String {
    "step \(step): the parameter \(name) is not finite any more; lower lr"
  }
}
