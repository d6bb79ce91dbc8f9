/// A file of weights that cannot be written or used; the description is one line.
public struct WeightsError: Error, Equatable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// What is wrong with it, and what to do.
  public let problem: String

  /// Describes what is wrong.
  public init(file: String, problem: String) {
    self.file = file
    self.problem = problem
  }

  /// The weights are those of another network; each text names one difference.
  public static func otherModel(_ file: String, _ differences: [String]) -> WeightsError {
    WeightsError(
      file: file, problem: "weights of another model: \(differences.joined(separator: "; "))")
  }

  /// The file, what is wrong with it, and what to do.
  public var description: String { "\(file): \(problem)" }
}
