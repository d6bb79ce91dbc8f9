/// Why a table cannot be reproduced, in one line that says what to do.
public struct ReproductionError: Error, Equatable, CustomStringConvertible {
  /// What is wrong, and what to do.
  public let description: String
  /// Whether the same command may succeed when it is given again.
  public let mayContinue: Bool

  /// Describes an error.
  public init(_ description: String, mayContinue: Bool = false) {
    self.description = description
    self.mayContinue = mayContinue
  }
}
