import PACFiles

/// A list of images of Pascal VOC, in any of the forms that are passed around.
///
/// A line is an identifier (`2007_000033`), which more columns may follow, or the path of a
/// photograph, alone or with that of its labels: `/JPEGImages/2007_000033.jpg
/// /SegmentationClassAug/2007_000033.png`.
struct VOCList {
  /// The images in the order of the list.
  private(set) var identifiers: [String] = []
  /// The label files that the list names, below VOC2012, by identifier.
  private(set) var labelFiles: [String: String] = [:]

  /// Reads a list.
  /// - Throws: `DataError`, naming the line, if the file cannot be read, is empty, names an image
  ///   twice, or something that is not one.
  init(_ path: String) throws(DataError) {
    let list = try ListFile(path)
    var seen: Set<String> = []
    for line in list.lines {
      let words = line.words.map { String($0).replacing("\\", with: "/") }
      let identifier = Self.name(words[0])
      guard isFileName(identifier), Self.isPhotograph(words[0]) else {
        throw list.error(
          line,
          "'\(shown(words[0]))' is no identifier such as 2007_000033 and no path such as "
            + "/JPEGImages/2007_000033.jpg")
      }
      guard seen.insert(identifier).inserted else {
        throw list.error(line, "\(identifier) is listed twice; remove one")
      }
      identifiers.append(identifier)
      guard words.count > 1, words[1].contains("/") else { continue }
      guard let labels = Self.labelFile(words[1], of: identifier) else {
        throw list.error(
          line,
          "'\(shown(words[1]))' are no labels of \(identifier), such as "
            + "/SegmentationClassAug/\(identifier).png")
      }
      labelFiles[identifier] = labels
    }
  }

  /// A list that is not a file.
  init(identifiers: [String]) { self.identifiers = identifiers }

  /// The name of the file at a path, without the ending of an image.
  private static func name(_ path: String) -> String {
    let file = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    return ["jpg", "jpeg", "png"].contains(ending(String(file))) ? stem(String(file)) : String(file)
  }

  /// Whether a word is a name alone, or a path into the folder of the photographs.
  private static func isPhotograph(_ word: String) -> Bool {
    let folders = word.split(separator: "/").dropLast()
    return !word.contains("/") || folders.last == "JPEGImages"
  }

  /// The folder and the file of an image's labels, below VOC2012; nil if the path is something else.
  private static func labelFile(_ path: String, of identifier: String) -> String? {
    let parts = path.split(separator: "/").suffix(2).map(String.init)
    guard parts.count == 2, isFileName(parts[0]), parts[1] == "\(identifier).png" else {
      return nil
    }
    return parts.joined(separator: "/")
  }
}
