/// What is wrong with a weight file, in one line: `x8.pth, data.pkl, byte 17: asks for os.system; nothing is run`.
public struct WeightFileError: Error, Equatable, CustomStringConvertible {
  /// The path of the file.
  public let file: String
  /// The part of the file, if it concerns one.
  public let place: String?
  /// What is wrong.
  public let problem: String
  /// What the reader can do about it.
  public let advice: String?

  /// The place, what is wrong there, and what to do.
  public var description: String {
    let place = place.map { "\(file), \($0)" } ?? file
    return "\(place): \(words)"
  }

  /// What is wrong and what to do, without the place.
  public var words: String { "\(problem)\(advice.map { "; \($0)" } ?? "")" }

  init(_ file: String, at place: String? = nil, _ problem: String, advice: String? = nil) {
    self.file = file
    self.place = place
    self.problem = problem
    self.advice = advice
  }

  /// A file whose bytes cannot be what its program wrote.
  static func damaged(_ file: String, at place: String? = nil, _ problem: String) -> Self {
    WeightFileError(
      file, at: place, problem,
      advice: "the file is damaged or cut short: copy or download it again")
  }
}
