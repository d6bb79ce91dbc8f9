import Yams

/// Why a text is not YAML, or gives a key twice.
struct YAMLFault: Error {
  /// The line, counted from 1; nil if it is unknown.
  let line: Int?
  /// The fault, and what to do about it.
  let problem: String
  /// The key that is given twice; nil for any other fault.
  private let duplicate: String?

  /// Whether a key is given twice.
  var isDuplicate: Bool { duplicate != nil }

  /// Describes an error of Yams.
  init(_ error: any Error, in yaml: String) {
    switch error {
    case YamlError.duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.map { "'\($0)'" }.joined(separator: ", ")
      self.init(
        context.mark.line, "key \(names) is given twice; remove one", duplicate: duplicates.first)
    case YamlError.scanner(let context, let text, let mark, _):
      self.init(mark.line, invalid: text, isAlias: context?.text.contains("alias") ?? false)
    case YamlError.parser(_, let text, let mark, _):
      self.init(mark.line, invalid: text)
    case YamlError.composer(_, let text, let mark, _):
      self.init(mark.line, invalid: text, isAlias: text.contains("alias"))
    case YamlError.reader(let text, let offset, _, _):
      self.init(offset.map { 1 + yaml.prefix($0).count(where: \.isNewline) }, invalid: text)
    default:
      self.init(
        nil, invalid: "\(error)".split(whereSeparator: \.isNewline).joined(separator: " "))
    }
  }

  private init(_ line: Int?, _ problem: String, duplicate: String? = nil) {
    (self.line, self.problem, self.duplicate) = (line, problem, duplicate)
  }

  private init(_ line: Int?, invalid text: String, isAlias: Bool = false) {
    let advice = isAlias ? "; put quotes around a text that begins with *" : ""
    self.init(line, "not valid YAML: \(text)\(advice)")
  }

  /// The index of the line without which the others may be read; nil if there is none.
  func lineToLeaveOut(of lines: [Substring]) -> Int? {
    if let duplicate { return lines.lastIndex { $0.hasPrefix("\(duplicate):") } }
    guard let line, lines.indices.contains(line - 1),
      !lines[line - 1].allSatisfy(\.isWhitespace)
    else { return nil }
    return line - 1
  }
}
