import PACFiles

/// The samples of splits as lists name them.
///
/// A line begins with a name, or a path whose last parts are looked at, with or without the ending
/// of the file. A second column may name the ground truth; it is compared with what was found.
struct SplitLists {
  /// The positions of listed images by name of the split, in the order of the lists.
  private(set) var positions: [String: [Int]] = [:]
  private var truths: [(image: Int, name: String, list: ListFile, line: ListFile.Line)] = []

  /// Reads lists.
  /// - Parameters:
  ///   - files: the file of each split.
  ///   - images: the paths of the images below their folder.
  ///   - identifiers: other names of the images that lists may use; empty without.
  /// - Throws: `DataError`, naming file and line, if a list cannot be read, names what does not
  ///   exist, several images or one twice, or if two splits of which one is `train` share an image.
  init(_ files: [String: String], images: [String], identifiers: [String] = []) throws(DataError) {
    var places: [String: Set<Int>] = [:]
    for (place, image) in images.enumerated() {
      let last = lastPart(image)
      for name in [image, stem(image), last, stem(last)] { places[name, default: []].insert(place) }
    }
    for (place, name) in identifiers.enumerated() { places[name, default: []].insert(place) }
    for (split, file) in files.sorted(by: { $0.key < $1.key }) {
      try add(split, ListFile(file), places)
    }
    let trained = Set(positions["train"] ?? [])
    for (split, listed) in positions.sorted(by: { $0.key < $1.key })
    where ["test", "val", "validation"].contains(split) {
      if let both = listed.first(where: trained.contains) {
        throw DataError("\(images[both]) is both in train and in \(split); remove it from one list")
      }
    }
  }

  private mutating func add(
    _ split: String, _ list: ListFile, _ places: [String: Set<Int>]
  ) throws(DataError) {
    var seen: Set<Int> = []
    var order: [Int] = []
    for line in list.lines {
      let words = line.words.map { String($0).replacing("\\", with: "/") }
      // A name may hold spaces.
      let whole = places[line.text] ?? []
      let found = whole.isEmpty ? Self.find(words[0], places) : whole
      guard let place = found.first else {
        throw list.error(
          line, "no image '\(shown(words[0]))'; give names of images, with or without the ending")
      }
      guard found.count == 1 else {
        throw list.error(
          line, "'\(shown(words[0]))' may be each of \(found.count) images; give their folders, too"
        )
      }
      guard seen.insert(place).inserted else {
        throw list.error(line, "'\(shown(words[0]))' is listed twice; remove one")
      }
      order.append(place)
      if whole.isEmpty, words.count > 1, words[1].contains("/") || words[1].contains(".") {
        truths.append((place, lastPart(words[1]), list, line))
      }
    }
    positions[split] = order
  }

  /// The images that a path can mean: its longest end that is the name of any.
  private static func find(_ path: String, _ places: [String: Set<Int>]) -> Set<Int> {
    let parts = path.split(separator: "/").filter { $0 != "." }
    for start in parts.indices {
      if let found = places[parts[start...].joined(separator: "/")] { return found }
    }
    return []
  }

  /// Compares second columns with the ground truth that was found.
  /// - Parameter names: the path of the ground truth of each image.
  /// - Throws: `DataError`, naming file and line, if they differ.
  func requireTruths(_ names: [Int: String]) throws(DataError) {
    for (image, name, list, line) in truths {
      guard let found = names[image], lastPart(found) != name, stem(lastPart(found)) != name else {
        continue
      }
      throw list.error(
        line,
        "names \(shown(name)), but the names of the files pair the image with \(found); "
          + "say how names correspond with --match")
    }
  }
}

/// The last part of a path.
func lastPart(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
