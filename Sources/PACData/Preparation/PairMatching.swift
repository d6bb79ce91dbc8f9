/// The file names of an image and its ground truth.
struct FilePair: Equatable {
  var color: String
  var depth: String
  /// The split that the names state.
  var split: String?

  /// What to call the sample: the image's name, or its path where folders tell samples apart.
  var name = ""
}

/// Which files may be without a partner.
struct LoneFiles: OptionSet {
  let rawValue: Int
  static let images = LoneFiles(rawValue: 1)
  static let truths = LoneFiles(rawValue: 2)
}

/// Finds the depth map of every colour image by file name.
///
/// Three rules are tried in turn until one gives every file exactly one partner: equal names
/// (`1000.jpg`, `1000.npy`), equal numbers in the names (`rgb_00050.jpg`, `sync_depth_00050.png`),
/// equal names without their common prefix and suffix (`art_color.png`, `art_disparity.png`).
/// - Parameters:
///   - colors: names of the colour images.
///   - depths: names of the depth files.
///   - lone: which of them may be without a partner. If both may, the rule with the most pairs
///     decides.
///   - truth: what to call the second kind of files.
/// - Returns: the pairs in natural order of the colour images' names.
/// - Throws: `DataError`, naming files without a partner, if no rule works.
func matchPairs(
  colors: [String], depths: [String], lone: LoneFiles = [], _ truth: String = "depth files"
) throws(DataError) -> [FilePair] {
  let rules = [stems, numbers, distinctions]
  var closest: (matched: Int, color: [String], depth: [String])?
  var best: [FilePair] = []
  for rule in rules {
    let byColor = Dictionary(grouping: zip(rule(colors), colors), by: { $0.0 })
    let byDepth = Dictionary(grouping: zip(rule(depths), depths), by: { $0.0 })
    var pairs: [FilePair] = []
    for (key, files) in byColor {
      guard let partners = byDepth[key], files.count == 1, partners.count == 1 else { continue }
      pairs.append(FilePair(color: files[0].1, depth: partners[0].1))
    }
    let isComplete =
      (lone.contains(.images) || pairs.count == colors.count)
      && (lone.contains(.truths) || pairs.count == depths.count)
    if isComplete, pairs.count > best.count {
      best = pairs
      if lone != [.images, .truths] { break }
    }
    if pairs.count >= closest?.matched ?? 0 {
      closest = (
        pairs.count, Array(Set(colors).subtracting(pairs.map(\.color))),
        Array(Set(depths).subtracting(pairs.map(\.depth)))
      )
    }
  }
  guard best.isEmpty else { return best.sorted { naturallyPrecedes($0.color, $1.color) } }
  throw DataError(
    "\(listed(closest?.color ?? colors, "images")) and "
      + "\(listed(closest?.depth ?? depths, truth)) have no unique partner; "
      + "give both files of a pair the same name or number, and remove files without a partner")
}

/// Natural order of names, where digits compare as numbers: `image2` before `image10`.
func naturallyPrecedes(_ first: String, _ second: String) -> Bool {
  let (parts, others) = (runs(first), runs(second))
  for (part, other) in zip(parts, others) where part != other {
    let isNumber = part.first?.isNumber == true && other.first?.isNumber == true
    guard isNumber else { return part < other }
    let (value, otherValue) = (withoutLeadingZeros(part), withoutLeadingZeros(other))
    if value.count != otherValue.count { return value.count < otherValue.count }
    if value != otherValue { return value < otherValue }
  }
  return parts.count == others.count ? first < second : parts.count < others.count
}

/// The name without its extension.
func stem(_ name: String) -> String {
  guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
  return String(name[..<dot])
}

private func stems(_ names: [String]) -> [String] { names.map(stem) }

/// The numbers in each name; a name without any stays as it is.
private func numbers(_ names: [String]) -> [String] {
  stems(names).map { stem in
    let numbers = runs(stem).filter { $0.first?.isNumber == true }.map(withoutLeadingZeros)
    return numbers.isEmpty ? stem : numbers.joined(separator: " ")
  }
}

/// The names without their common prefix and suffix.
private func distinctions(_ names: [String]) -> [String] {
  let stems = stems(names).map(Array.init)
  guard let first = stems.first else { return [] }
  let prefix = stems.reduce(first.count) { zip(first.prefix($0), $1).prefix { $0 == $1 }.count }
  let rests = stems.map { $0.dropFirst(prefix) }
  let reference = rests[0].reversed()
  let suffix = rests.reduce(reference.count) {
    zip(reference.prefix($0), $1.reversed()).prefix { $0 == $1 }.count
  }
  return rests.map { String($0.dropLast(suffix)) }
}

/// Splits the text into runs of digits and runs of other characters.
private func runs(_ text: String) -> [String] {
  var runs: [String] = []
  for character in text {
    if let last = runs.last?.last, isDigit(last) == isDigit(character) {
      runs[runs.count - 1].append(character)
    } else {
      runs.append(String(character))
    }
  }
  return runs
}

private func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

private func withoutLeadingZeros(_ digits: String) -> String {
  let rest = digits.drop { $0 == "0" }
  return rest.isEmpty ? "0" : String(rest)
}

/// `3 colour images (a.png, b.png, c.png)`, the first few of them.
func listed(_ names: [String], _ what: String) -> String {
  guard !names.isEmpty else { return "0 \(what)" }
  let first = names.sorted(by: naturallyPrecedes).prefix(3).joined(separator: ", ")
  return "\(names.count) \(what) (\(first)\(names.count > 3 ? ", …" : ""))"
}
