/// `a`, `a or b`, `a, b or c`.
public func enumeration(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.joined() }
  return "\(words.dropLast().joined(separator: ", ")) or \(last)"
}
