/// A configuration that cannot be used; the description is one line.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// Where: `Configs/nyu_x8.yaml:7`, a file, `override`, or an option of a command.
  public let place: String
  /// What is wrong there, and what to do.
  public let problem: String

  /// Describes what is wrong.
  public init(place: String, problem: String) {
    self.place = place
    self.problem = problem
  }

  /// The place and the problem.
  public var description: String { "\(place): \(problem)" }
}
