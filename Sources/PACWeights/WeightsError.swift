/// An error in writing or loading a weight file; the description is one line.
public struct WeightsError: Error, Equatable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// The problem and what to do.
  public let problem: String

  /// Makes an error.
  public init(file: String, problem: String) {
    self.file = file
    self.problem = problem
  }

  /// The error for weights of another network; each string names one difference.
  public static func otherModel(_ file: String, _ differences: [String]) -> WeightsError {
    WeightsError(
      file: file, problem: "weights of another model: \(differences.joined(separator: "; "))")
  }

  /// The file, the problem and what to do.
  public var description: String { "\(file): \(problem)" }
}
