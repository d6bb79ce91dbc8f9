/// Why a table cannot be reproduced, in one line that says what to do.
public struct ReproductionError: Error, Equatable, CustomStringConvertible {
  /// What is wrong, and what to do.
  public let description: String

  /// Describes an error.
  public init(_ description: String) { self.description = description }
}
