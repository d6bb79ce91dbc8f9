import Foundation

/// A pattern of file names below a folder, such as `{scene}/rgb_{id}.png`.
///
/// A name in braces stands for one or more characters, `*` for any number of them; neither goes
/// beyond a `/`. Where a name occurs twice, it stands for the same characters.
struct NamePattern {
  /// The pattern as it was given.
  let text: String
  /// The names in braces.
  let names: Set<String>
  private let parts: [Part]

  /// A part of the pattern between slashes.
  private struct Part {
    let expression: NSRegularExpression
    /// The names in braces, in the order of the groups of the expression.
    let names: [String]
  }

  /// Reads a pattern.
  /// - Throws: `DataError` if it is absolute, leaves the folder, or has braces that enclose no name.
  init(_ text: String) throws(DataError) {
    self.text = text
    var parts: [Part] = []
    for part in text.split(separator: "/", omittingEmptySubsequences: false) {
      guard !["", ".", ".."].contains(part) else {
        throw DataError(
          "the pattern '\(text)' has an empty part, '.' or '..'; give names below the folder")
      }
      parts.append(try Self.part(part, of: text))
    }
    self.parts = parts
    names = Set(parts.flatMap(\.names))
  }

  private static func part(_ part: Substring, of text: String) throws(DataError) -> Part {
    var (expression, names, rest) = ("\\A", [String](), part)
    while let first = rest.first {
      if first == "*" {
        expression += "[^/]*?"
        rest.removeFirst()
      } else if first == "{" {
        guard let end = rest.firstIndex(of: "}"), case let name = rest[..<end].dropFirst(),
          !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
        else {
          throw DataError("the pattern '\(text)' has a brace without a name, such as {id}; mend it")
        }
        names.append(String(name))
        expression += "([^/]+?)"
        rest = rest[rest.index(after: end)...]
      } else {
        expression += NSRegularExpression.escapedPattern(for: String(first))
        rest.removeFirst()
      }
    }
    guard let compiled = try? NSRegularExpression(pattern: expression + "\\z") else {
      throw DataError("the pattern '\(text)' cannot be read; use names in braces and *")
    }
    return Part(expression: compiled, names: names)
  }

  /// A file that the pattern fits.
  struct Match {
    /// The path below the folder.
    let file: String
    /// What the names in braces stand for.
    let values: [String: String]
  }

  /// The files below a folder that the pattern fits, in natural order.
  /// - Parameters:
  ///   - folder: the folder.
  ///   - endings: the endings of files that can be read.
  /// - Returns: the files.
  /// - Throws: `DataError` if a folder cannot be listed.
  func files(below folder: SourceFolder, _ endings: Set<String>) throws(DataError) -> [Match] {
    try files(below: folder, "", parts[...], values: [:], endings)
      .sorted { naturallyPrecedes($0.file, $1.file) }
  }

  private func files(
    below folder: SourceFolder, _ path: String, _ parts: ArraySlice<Part>,
    values: [String: String], _ endings: Set<String>
  ) throws(DataError) -> [Match] {
    guard let part = parts.first else { return [] }
    if parts.count == 1 {
      return try folder.files(endings).compactMap { name in
        Self.values(of: name, part, values).map { Match(file: path + name, values: $0) }
      }
    }
    var found: [Match] = []
    for name in try folder.folders() where isFileName(name) {
      guard let values = Self.values(of: name, part, values) else { continue }
      found += try files(
        below: SourceFolder("\(folder.path)/\(name)"), "\(path)\(name)/", parts.dropFirst(),
        values: values, endings)
    }
    return found
  }

  /// Adds what a name gives; nil if it does not fit, or contradicts what is known.
  private static func values(
    of name: String, _ part: Part, _ known: [String: String]
  ) -> [String: String]? {
    let all = NSRange(name.startIndex..., in: name)
    guard let match = part.expression.firstMatch(in: name, range: all) else { return nil }
    var values = known
    for (group, key) in part.names.enumerated() {
      guard let range = Range(match.range(at: group + 1), in: name) else { return nil }
      let value = String(name[range])
      guard values.updateValue(value, forKey: key) ?? value == value else { return nil }
    }
    return values
  }
}

/// How the names of images and of their ground truth correspond: `rgb_{id}.png` and
/// `depth_{id}.png`.
///
/// Files belong together for which the names in braces stand for the same. `{split}` names the split
/// of a sample.
public struct NamePatterns: Sendable, Equatable {
  /// The pattern of the images.
  public let image: String
  /// The pattern of the ground truth.
  public let truth: String

  /// Takes two patterns.
  /// - Throws: `DataError` if one cannot be read, or they do not have the same names in braces.
  public init(image: String, truth: String) throws(DataError) {
    let names = (try NamePattern(image).names, try NamePattern(truth).names)
    guard names.0 == names.1, !names.0.isEmpty else {
      throw DataError(
        "the patterns '\(image)' and '\(truth)' have no names in braces, or not the same ones; "
          + "mark in both what the files of a pair share, such as {id}")
    }
    (self.image, self.truth) = (image, truth)
  }
}
