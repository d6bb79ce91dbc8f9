/// A name of one folder that a file of another one uses.
struct Use: CustomStringConvertible {
  let folder: String
  /// The folder that declares the name.
  let used: String
  let file: String
  let line: Int
  let name: String
  /// The file that declares the name.
  let origin: String

  var description: String { "\(file):\(line): \(name) of \(origin)" }
}

/// Which folders of a target use names of which others.
///
/// Found in the text, without the compiler: names at the top of files, and members of extensions
/// whose name nothing else has. A file that declares the same name itself, as a member or a
/// parameter, is taken to mean its own.
struct FolderUses {
  /// Every use, once for each file and name.
  private(set) var all: [Use] = []

  /// Finds the uses among a target's files.
  /// - Parameters:
  ///   - files: the files.
  ///   - foreign: words in files that cannot know this target: as names of members they are
  ///     ambiguous, such as `keys`.
  init(_ files: [SourceFile], foreign: Set<String>) {
    let origins = Self.origins(of: files).filter { !$1.isMember || !foreign.contains($0) }
    let inherited = Self.members(of: files)
    for file in files {
      // What a type's other files declare is its own as well.
      let own = file.members.keys.reduce(into: file.ownNames) { $0.formUnion(inherited[$1] ?? []) }
      var seen: Set<String> = []
      for (place, token) in file.tokens.enumerated() where token.kind == .word {
        guard let origin = origins[token.text], origin.file.folder != file.folder,
          origin.isMember || !own.contains(token.text) && !file.isMember(at: place),
          !file.isLabel(at: place), seen.insert(token.text).inserted
        else { continue }
        all.append(
          Use(
            folder: file.folder, used: origin.file.folder, file: file.path, line: token.line,
            name: token.text, origin: origin.file.path))
      }
    }
  }

  private typealias Origin = (file: SourceFile, isMember: Bool)

  /// The file of each name that all files mean alike.
  private static func origins(of files: [SourceFile]) -> [String: Origin] {
    var found: [String: [Origin]] = [:]
    var users: [String: Set<String>] = [:]
    for file in files {
      for declaration in file.declarations {
        found[declaration.name, default: []].append((file, declaration.isMember))
      }
      for name in file.ownNames { users[name, default: []].insert(file.folder) }
    }
    return found.compactMapValues { origins in
      let top = origins.filter { !$0.isMember }
      let candidates = top.isEmpty ? origins : top
      guard let first = candidates.first,
        candidates.allSatisfy({ $0.file.folder == first.file.folder })
      else { return nil }
      return first
    }.filter { name, origin in
      !origin.isMember || users[name] == [origin.file.folder]
    }
  }

  private static func members(of files: [SourceFile]) -> [String: Set<String>] {
    files.reduce(into: [:]) { members, file in
      members.merge(file.members) { $0.union($1) }
    }
  }

  /// Circles of folders, the short ones first, that together hold every arrow that lies on any.
  var circles: [[String]] {
    var arrows: [String: Set<String>] = [:]
    for use in all { arrows[use.folder, default: []].insert(use.used) }
    var circles: [[String]] = []
    for folder in arrows.keys.sorted() {
      for used in arrows[folder, default: []].sorted() {
        guard let way = Self.shortestWay(from: used, to: folder, arrows) else { continue }
        // Begins with the same folder whichever of its arrows led to it.
        let first = way.indices.min { way[$0] < way[$1] } ?? 0
        let circle = Array(way[first...] + way[..<first])
        if !circles.contains(circle) { circles.append(circle) }
      }
    }
    var shown: Set<[String]> = []
    return circles.sorted { $0.count < $1.count }.filter { circle in
      let new = Self.arrows(of: circle).filter { !shown.contains($0) }
      shown.formUnion(new)
      return !new.isEmpty
    }
  }

  /// The pairs of neighbours of a circle.
  static func arrows(of circle: [String]) -> [[String]] {
    zip(circle, circle.dropFirst() + circle.prefix(1)).map { [$0, $1] }
  }

  private static func shortestWay(
    from start: String, to end: String, _ arrows: [String: Set<String>]
  ) -> [String]? {
    var ways = [[start]]
    var seen: Set = [start]
    while !ways.isEmpty {
      if let way = ways.first(where: { $0.last == end }) { return way }
      ways = ways.flatMap { way in
        arrows[way[way.count - 1], default: []].sorted().filter { seen.insert($0).inserted }
          .map { way + [$0] }
      }
    }
    return nil
  }
}

extension SourceFile {
  /// Whether the word is used as a member, behind a point.
  func isMember(at place: Int) -> Bool {
    place > 0 && tokens[place - 1].kind == .symbol && tokens[place - 1].text == "."
  }

  /// Whether the word is the label of an argument.
  func isLabel(at place: Int) -> Bool {
    guard place > 0, place + 1 < tokens.count, tokens[place + 1].text == ":" else { return false }
    return tokens[place - 1].text == "(" || tokens[place - 1].text == ","
  }
}
