/// An error in a configuration that the user can fix; its description is one line.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// Where the error is: `Configs/nyu_x8.yaml:7`, a file, `override`, or an option of a command.
  public let place: String
  /// What is wrong, and what to do.
  public let problem: String

  /// Describes an error.
  public init(place: String, problem: String) {
    self.place = place
    self.problem = problem
  }

  /// The place and the problem.
  public var description: String { "\(place): \(problem)" }
}
