/// Suggests corrections for misspelled words.
public enum NearestWord {
  /// The word that is close to `text`; nil if none is.
  public static func guess(for text: String, among words: [String]) -> String? {
    nearest(to: text, among: words).flatMap { $0.isClose ? words[$0.index] : nil }
  }

  /// Finds the word nearest to `text`.
  /// - Returns: its index in `words`, and whether it is close enough to be what was meant; nil if
  ///   there are no words.
  public static func nearest(
    to text: String, among words: [String]
  ) -> (index: Int, isClose: Bool)? {
    let given = normalized(text)
    let distances = words.map { distance(given, normalized($0)) }
    guard let least = distances.min(), let index = distances.firstIndex(of: least) else {
      return nil
    }
    // A third of the letters may be wrong; anything further away is not a typing error.
    return (index, least <= max(1, max(given.count, words[index].count) / 3))
  }

  /// Ignores case, and the difference between hyphens, underscores and spaces.
  private static func normalized(_ word: String) -> [Character] {
    word.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 }
  }

  /// The edit distance between `a` and `b`: insertions, deletions, substitutions and transpositions
  /// of adjacent letters (optimal string alignment).
  static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(rows[i][j] + (a[i] == b[j] ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
