import Foundation

/// Which files of two folders belong together, and to which split.
public struct PairingOptions: Sendable {
  /// How names correspond; nil: by the rules of the preparation.
  public var match: NamePatterns?
  /// Text files that list the images of splits, by name of the split.
  ///
  /// Images on no list are left out. Empty: the last samples are held out, or `{split}` in `match`
  /// decides.
  public var lists: [String: String]
  /// Whether files without a partner are left out rather than refused.
  public var skipsUnmatched: Bool

  /// Chooses how to pair.
  public init(
    match: NamePatterns? = nil, lists: [String: String] = [:], skipsUnmatched: Bool = false
  ) {
    self.match = match
    self.lists = lists
    self.skipsUnmatched = skipsUnmatched
  }
}

/// The folders of images and of their ground truth.
struct PairFolders {
  /// The kind of ground truth.
  struct Truth {
    /// What to call its files: `depth files`.
    let files: String
    /// What to call them with their endings: `depth maps (.png, .npy, .npz, .pfm)`.
    let kinds: String
    /// The endings of the files that hold it.
    let endings: Set<String>
    /// Whether images may lack it, as the last frame of a sequence lacks flow.
    var mayLack = false
  }

  /// The endings of images.
  static let images: Set = ["png", "jpg", "jpeg"]

  let images: SourceFolder
  let truths: SourceFolder
  let truth: Truth
  private let isSame: Bool

  /// Lists both folders, which may be the same.
  /// - Throws: `DataError` if one is missing or cannot be listed.
  init(_ images: String, _ truths: String, _ truth: Truth) throws(DataError) {
    self.images = try SourceFolder(images)
    self.truths = try SourceFolder(truths)
    self.truth = truth
    let paths = [images, truths].map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }
    isSame = paths[0] == paths[1]
  }

  /// Finds the pairs and their splits.
  /// - Parameters:
  ///   - options: how to pair.
  ///   - held: how many samples are held out if nothing else decides.
  ///   - heldSplit: the split of the samples held out.
  /// - Returns: the pairs with their splits.
  /// - Throws: `DataError`, naming folders and files, if a file has no partner or several.
  func pairs(
    _ options: PairingOptions, held: TestShare, in heldSplit: String
  ) throws(DataError) -> FoundPairs {
    let found =
      if let match = options.match { try matched(match, options) } else { try named(options) }
    let pairs = found.pairs.map { pair in
      var pair = pair
      pair.name = stem(pair.color)
      pair.color = "\(images.path)/\(pair.color)"
      pair.depth = "\(truths.path)/\(pair.depth)"
      return pair
    }
    var splits = found.splits ?? [:]
    if found.splits == nil {
      let train = pairs.count - (try held.count(of: pairs.count))
      splits = ["train": Array(0..<train), heldSplit: Array(train..<pairs.count)]
    }
    let remarks =
      (options.match == nil ? PairWords(pairs).remarks : []) + leftOut(found)
    return FoundPairs(pairs: pairs, splits: splits, remarks: remarks)
  }

  /// What a way of pairing finds.
  private struct Found {
    var pairs: [FilePair]
    /// The splits if files or lists say so.
    var splits: [String: [Int]]?
    /// How many images are on no list.
    var unlisted = 0
    /// Images without ground truth, and ground truth without an image.
    var alone: [String] = []
  }

  private func leftOut(_ found: Found) -> [String] {
    var lines: [String] = []
    if found.unlisted > 0 {
      lines.append("\(images.path): \(found.unlisted) images are on no list, left out")
    }
    if let first = found.alone.min(by: naturallyPrecedes) {
      let more = found.alone.count - 1
      lines.append(
        first
          + (more > 0
            ? " and \(more) more: left out, since they have no partner"
            : ": left out, since it has no partner"))
    }
    return lines
  }

  // MARK: By rules

  private func named(_ options: PairingOptions) throws(DataError) -> Found {
    var (names, truthNames) = (
      try images.files(Self.images), try truths.files(truth.endings)
    )
    guard !names.isEmpty else { throw images.lacks("images (.png, .jpg)") }
    guard !truthNames.isEmpty else { throw truths.lacks(truth.kinds) }
    if isSame { try tellApart(&names, &truthNames) }
    names.sort(by: naturallyPrecedes)
    let lists = try SplitLists(options.lists, images: names)
    let onLists = Set(lists.positions.values.joined())
    let hasLists = !options.lists.isEmpty
    let chosen = hasLists ? names.indices.filter(onLists.contains) : Array(names.indices)
    var lone: LoneFiles = hasLists ? .truths : truth.mayLack ? .images : []
    if options.skipsUnmatched { lone = [.images, .truths] }
    let pairs: [FilePair]
    do {
      pairs = try matchPairs(
        colors: chosen.map { names[$0] }, depths: truthNames, lone: lone, truth.files)
    } catch {
      let unread = truths.others(than: isSame ? truth.endings.union(Self.images) : truth.endings)
      throw DataError(
        "\(images.path), \(truths.path): \(error)"
          + (unread.map { "; not read in \(truths.path): \($0)" } ?? ""))
    }
    let partners = Dictionary(uniqueKeysWithValues: pairs.map { ($0.color, $0.depth) })
    let alone =
      chosen.map { names[$0] }.filter { partners[$0] == nil }
      + (hasLists
        ? [] : truthNames.filter(Set(truthNames).subtracting(pairs.map(\.depth)).contains))
    var found = Found(pairs: pairs, unlisted: names.count - chosen.count, alone: alone)
    if hasLists { try assign(&found, lists, names) }
    return found
  }

  /// JPEG is always an image and arrays are always ground truth; PNG is whichever the others are
  /// not.
  private func tellApart(_ names: inout [String], _ truthNames: inout [String]) throws(DataError) {
    let photographs = names.filter { ending($0) != "png" }
    let arrays = truthNames.filter { ending($0) != "png" }
    guard !photographs.isEmpty || !arrays.isEmpty else {
      throw DataError(
        "\(images.path): images and \(truth.files) cannot be told apart; put them into two folders, "
          + "or say how they are named with --match")
    }
    if photographs.isEmpty { truthNames = arrays } else { names = photographs }
  }

  /// Takes the splits from lists.
  private func assign(
    _ found: inout Found, _ lists: SplitLists, _ names: [String]
  ) throws(DataError) {
    let places = Dictionary(
      uniqueKeysWithValues: found.pairs.enumerated().map { ($1.color, $0) })
    var truths: [Int: String] = [:]
    for (image, name) in names.enumerated() {
      if let place = places[name] { truths[image] = found.pairs[place].depth }
    }
    try lists.requireTruths(truths)
    found.splits = lists.positions.mapValues { $0.compactMap { places[names[$0]] } }
  }

  // MARK: By patterns

  private func matched(
    _ match: NamePatterns, _ options: PairingOptions
  ) throws(DataError) -> Found {
    let (pattern, truthPattern) = (try NamePattern(match.image), try NamePattern(match.truth))
    let truthFiles = try truthPattern.files(below: truths, truth.endings)
    guard !truthFiles.isEmpty else { throw truths.fits(truthPattern.text, truth.kinds) }
    let taken = isSame ? Set(truthFiles.map(\.file)) : []
    let files = try pattern.files(below: images, Self.images).filter { !taken.contains($0.file) }
    guard !files.isEmpty else { throw images.fits(pattern.text, "images (.png, .jpg)") }
    let partners = try unique(truthFiles, truthPattern)
    _ = try unique(files, pattern)
    let identifiers = pattern.names.count == 1 ? files.map { $0.values.values.first ?? "" } : []
    let lists = try SplitLists(
      options.lists, images: files.map(\.file), identifiers: identifiers)
    let onLists = Set(lists.positions.values.joined())
    let hasLists = !options.lists.isEmpty
    let chosen = hasLists ? files.indices.filter(onLists.contains).map { files[$0] } : files
    let pairs = chosen.compactMap { file in
      partners[file.values].map {
        FilePair(color: file.file, depth: $0, split: file.values["split"])
      }
    }
    let used = Set(pairs.map(\.depth))
    let lone = chosen.filter { partners[$0.values] == nil }.map(\.file)
    let loneTruths = hasLists ? [] : truthFiles.map(\.file).filter { !used.contains($0) }
    let mayLack = truth.mayLack && !hasLists
    let isComplete = (lone.isEmpty || mayLack) && loneTruths.isEmpty
    guard !pairs.isEmpty, options.skipsUnmatched || isComplete else {
      let images = listed(lone, "images")
      let truths = listed(loneTruths, truth.files)
      throw DataError(
        "\(self.images.path), \(self.truths.path): \(images) and \(truths) have no partner by "
          + "'\(pattern.text)' and '\(truthPattern.text)'; mend the patterns, or leave such files "
          + "out with --skip-unmatched")
    }
    var found = Found(
      pairs: pairs, unlisted: files.count - chosen.count, alone: lone + loneTruths)
    if hasLists {
      try assign(&found, lists, files.map(\.file))
    } else if pattern.names.contains("split") {
      found.splits = Dictionary(
        grouping: pairs.indices, by: { pairs[$0].split ?? "" })
    }
    return found
  }

  /// The files by what the names in braces stand for.
  private func unique(
    _ files: [NamePattern.Match], _ pattern: NamePattern
  ) throws(DataError) -> [[String: String]: String] {
    var names: [[String: String]: String] = [:]
    for file in files {
      guard let other = names.updateValue(file.file, forKey: file.values) else { continue }
      throw DataError(
        "\(other) and \(file.file) differ in nothing that '\(pattern.text)' has in braces; "
          + "put what tells them apart into braces")
    }
    return names
  }
}

/// Pairs of files with their splits.
struct FoundPairs {
  /// The pairs in natural order of the images, as paths.
  let pairs: [FilePair]
  /// The positions of pairs by name of the split.
  let splits: [String: [Int]]
  /// What deserves a look.
  let remarks: [String]
}
