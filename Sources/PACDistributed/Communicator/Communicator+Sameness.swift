/// A named value that must be the same on every rank.
public struct SharedFact: Sendable {
  /// Its name, such as `lr` or `program`.
  public let name: String
  /// Its value on this rank.
  public let value: String

  /// Names a value.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

extension Communicator {
  /// Checks that the ranks agree on facts; every rank calls it with the same names.
  /// - Parameters:
  ///   - facts: the values that must be the same.
  ///   - advice: what to do if it is not.
  /// - Throws: on all ranks, naming the first rank that differs from rank 0, and the facts that
  ///   differ.
  public func requireSame(_ facts: [SharedFact], advice: String) throws {
    guard worldSize > 1 else { return }
    var expected: [String] = []
    for fact in facts { expected.append(try broadcast(fact.value)) }
    let differences = zip(facts, expected).filter { $0.value != $1 }
    try together {
      guard !differences.isEmpty else { return }
      let texts = differences.map { "\($0.name) is \($0.value) here and \($1) on rank 0" }
      throw DifferingRank(description: "\(texts.joined(separator: ", ")); \(advice)")
    }
  }
}

private struct DifferingRank: Error, CustomStringConvertible {
  let description: String
}
