/// What names say about pairs that do not have equal ones: whether their words agree, too.
struct PairWords {
  private let unequal: [FilePair]
  private let disagreeing: [FilePair]

  /// Compares the names of pairs.
  ///
  /// Words that all files of a kind share, such as `rgb` and `depth`, tell nothing; numbers were
  /// compared before.
  init(_ pairs: [FilePair]) {
    unequal = pairs.filter { stem(name($0.color)) != stem(name($0.depth)) }
    let colors = pairs.map { words($0.color) }
    let depths = pairs.map { words($0.depth) }
    let shared = [colors, depths].map { sets in
      sets.dropFirst().reduce(sets.first ?? []) { $0.intersection($1) }
    }
    disagreeing = zip(pairs, zip(colors, depths)).filter { _, words in
      words.0.subtracting(shared[0]) != words.1.subtracting(shared[1])
    }.map(\.0)
  }

  /// A line if names were not equal: how files were paired, and whether words contradict it.
  var remarks: [String] {
    if let first = disagreeing.first {
      return [
        "\(first.color) was paired with \(first.depth), although their words differ, and so do "
          + "\(disagreeing.count - 1) more pairs; give both files of a pair the same name"
      ]
    }
    guard let first = unequal.first else { return [] }
    return [
      "names differ, so files were paired by their numbers: \(first.color) with \(first.depth)"
    ]
  }
}

private func name(_ path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}

private func words(_ path: String) -> Set<String> {
  Set(stem(name(path)).lowercased().split { !$0.isLetter }.map(String.init))
}
