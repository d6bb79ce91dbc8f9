/// An error about a file, in one line: `train.h5, /depth: cannot write (No space left on device);
/// free some`.
public struct HDF5Error: Error, Equatable, CustomStringConvertible {
  /// The path of the file.
  public let file: String
  /// The path of the dataset, group or attribute inside the file, if there is one.
  public let object: String?
  /// The problem.
  public let problem: String
  /// The message of the library or the system, if any.
  public let cause: String?
  /// What the user can do about it.
  public let advice: String?

  /// Describes a problem with a file or with an object inside it.
  public init(
    file: String, object: String? = nil, problem: String, cause: String? = nil,
    advice: String? = nil
  ) {
    self.file = file
    self.object = object
    self.problem = problem
    self.cause = cause
    self.advice = advice
  }

  /// Place, problem, cause and advice on one line.
  public var description: String {
    let place = object.map { "\(file), \($0)" } ?? file
    let reason = cause.map { " (\($0))" } ?? ""
    let remedy = advice.map { "; \($0)" } ?? ""
    return "\(place): \(problem)\(reason)\(remedy)"
  }
}
