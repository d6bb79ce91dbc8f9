import Foundation
import PACFiles

/// A folder whose files become samples, and what to say if it does not hold what was expected.
struct SourceFolder {
  let path: String
  /// The names of what it holds, without hidden ones.
  private let names: [String]

  /// Lists a folder.
  /// - Throws: `DataError` if it is missing, may not be read, is a file or a packed archive.
  init(_ path: String) throws(DataError) {
    self.path = path
    try requireFolder(path)
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw DataError("\(path): cannot list the folder; check the permissions")
    }
    self.names = names.filter { !$0.hasPrefix(".") }
  }

  /// The names of the files with one of these endings.
  /// - Throws: `DataError` if a name cannot be shown on a line.
  func files(_ endings: Set<String>) throws(DataError) -> [String] {
    let files = names.filter { endings.contains(ending($0)) }
    if let name = files.first(where: { !isFileName($0) }) {
      throw DataError("\(path): the file name '\(name)' is not one line of text; rename the file")
    }
    return files
  }

  /// The names of its folders, in natural order.
  func folders() throws(DataError) -> [String] {
    var folders: [String] = []
    for name in names where try isFolder("\(path)/\(name)") { folders.append(name) }
    return folders.sorted(by: naturallyPrecedes)
  }

  /// The error for a folder without any file of the expected kinds, such as `depth maps (.png)`; it
  /// says what there is.
  func lacks(_ expected: String) -> DataError {
    DataError("\(path): no \(expected); \(inventory)\(advice)")
  }

  /// The error for a folder without a file of the expected kinds that a pattern fits.
  func fits(_ pattern: String, _ expected: String) -> DataError {
    DataError("\(path): no \(expected) that '\(pattern)' fits; \(inventory); mend the pattern")
  }

  /// Counts what has none of these endings, as in `3 .exr, 1 .txt and 2 folders`; nil if there is
  /// nothing else.
  func others(than endings: Set<String> = []) -> String? {
    let endings = endings.union([""])
    let counts = Dictionary(grouping: names.map(ending)) { $0 }.mapValues(\.count)
      .filter { !endings.contains($0.key) }
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let kinds = counts.prefix(5).map { "\($0.value) .\(shown($0.key))" }
    let rest = counts.count > 5 ? ["others"] : []
    return kinds.isEmpty ? nil : (kinds + rest).joined(separator: ", ")
  }

  private var inventory: String {
    if names.isEmpty { return "the folder is empty" }
    let folders = (try? folders()) ?? []
    let named = folders.prefix(3).map { shown($0) }.joined(separator: ", ")
    let more = folders.count > 3 ? ", …" : ""
    let parts = [
      others(), folders.isEmpty ? nil : "the folders \(named)\(more)",
    ].compactMap { $0 }
    return "found "
      + (parts.isEmpty ? "\(names.count) of no known kind" : parts.joined(separator: " and "))
  }

  private var advice: String {
    let found = Set(names.map(ending))
    if !found.isDisjoint(with: ["zip", "tar", "tgz", "gz", "rar", "7z"]) {
      return "; unpack the archives there"
    }
    if !found.isDisjoint(with: ["h5", "hdf5"]) {
      return "; frames in .h5 files are prepared with 'pac prepare fastdepth \(path) --out FILE'"
    }
    if found.contains(where: { !$0.isEmpty }) { return "; convert them, or name another folder" }
    return "; name another folder"
  }
}

/// The ending of a file's name in lower case, without the dot; empty if there is none.
func ending(_ name: String) -> String {
  guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
  return name[name.index(after: dot)...].lowercased()
}

/// Whether a name from a list or a folder can be the name of one file, and be shown on one line.
func isFileName(_ name: String) -> Bool {
  !["", ".", ".."].contains(name) && name.utf8.count <= 255
    && !name.unicodeScalars.contains { $0.isUnprintable || $0 == "/" }
}
