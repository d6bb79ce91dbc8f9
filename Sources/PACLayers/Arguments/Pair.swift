/// Two integers, for rows and for columns; a single integer stands for both.
public struct Pair: Hashable, Sendable {
  /// The number for rows.
  public var height: Int
  /// The number for columns.
  public var width: Int

  /// Makes a pair.
  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// Makes a pair of equal numbers.
  public init(_ both: Int) { self.init(both, both) }

  func allSatisfy(_ condition: (Int) -> Bool) -> Bool { condition(height) && condition(width) }
}

extension Pair: ExpressibleByIntegerLiteral {
  /// Makes a pair of equal numbers, written as one literal.
  public init(integerLiteral value: Int) { self.init(value) }
}

extension Pair: CustomStringConvertible {
  /// `(height, width)`.
  public var description: String { "(\(height), \(width))" }
}
