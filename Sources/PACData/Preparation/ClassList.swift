import PACImageFiles

/// The names of classes and their colours, from a text file.
struct ClassList {
  private(set) var names: [String] = []
  private(set) var colors = ClassColors.standard
  /// The colours that the file states, by class.
  private(set) var stated: [Int: PNG.Color] = [:]

  /// Reads a line for each class, from class 0 on: its name and, if it has one, its colour.
  /// - Throws: `DataError` naming the line.
  init(contentsOf path: String) throws(DataError) {
    for (number, line) in try ListFile(path).lines.enumerated() {
      let words = line.words
      let hasColor = words.count > 3 && words.suffix(3).allSatisfy { Int($0) != nil }
      let parts = words.suffix(3).compactMap { UInt8($0) }
      guard !hasColor || parts.count == 3 else {
        throw DataError("\(path):\(line.number): a colour has parts from 0 to 255; fix the line")
      }
      let name = words.dropLast(hasColor ? 3 : 0).joined(separator: " ")
      guard number < 255, !name.isEmpty else {
        throw DataError(
          "\(path):\(line.number): a class without a name, or one beyond 254; mend it")
      }
      names.append(name)
      if hasColor {
        colors[number] = PNG.Color(parts[0], parts[1], parts[2])
        stated[number] = colors[number]
      }
    }
    guard Set(names).count == names.count else {
      throw DataError("\(path): a class is named twice; give each a name of its own")
    }
  }
}
