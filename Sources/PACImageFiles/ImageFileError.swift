import PACFiles

/// An error about an image file, in one line:
/// `a.png: the image is damaged (IDAT: CRC error); replace it`.
public struct ImageFileError: Error, Equatable, CustomStringConvertible {
  /// The path of the file.
  public let file: String
  /// The problem.
  public let problem: String
  /// The message of the library or the system, if any.
  public let cause: String?
  /// What the user can do about it.
  public let advice: String

  /// Describes a problem with a file.
  public init(file: String, problem: String, cause: String? = nil, advice: String) {
    self.file = file
    self.problem = problem
    self.cause = cause
    self.advice = advice
  }

  /// File, problem, cause and advice on one line.
  public var description: String {
    "\(onOneLine(file)): \(problem)\(cause.map { " (\($0))" } ?? ""); \(advice)"
  }

  static func damaged(_ file: String, _ cause: String) -> ImageFileError {
    ImageFileError(
      file: file, problem: "the image is truncated or damaged", cause: cause,
      advice: "replace the file")
  }
}
