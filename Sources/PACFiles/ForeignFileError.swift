/// An error in a file of bytes that another program wrote, in one line:
/// `x8.pth, data.pkl, byte 17: ends after 16 bytes; the file is damaged or truncated: …`.
public struct ForeignFileError: Error, Equatable, CustomStringConvertible {
  /// The path of the file.
  public let file: String
  /// The part of the file, if known.
  public let place: String?
  /// What is wrong.
  public let problem: String
  /// What the user can do about it.
  public let advice: String?

  /// The place, the problem and the advice.
  public var description: String {
    let place = place.map { "\(file), \($0)" } ?? file
    return "\(onOneLine(place)): \(words)"
  }

  /// The problem and the advice, without the place.
  public var words: String { "\(problem)\(advice.map { "; \($0)" } ?? "")" }

  package init(_ file: String, at place: String? = nil, _ problem: String, advice: String? = nil) {
    self.file = file
    self.place = place
    self.problem = problem
    self.advice = advice
  }

  /// The error for a file with bytes that no program wrote.
  package static func damaged(_ file: String, at place: String? = nil, _ problem: String) -> Self {
    ForeignFileError(
      file, at: place, problem,
      advice: "the file is damaged or truncated: copy or download it again")
  }
}
