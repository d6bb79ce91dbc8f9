/// Data or settings that cannot be used, in one line: what is wrong, where, and what to do about it.
///
/// The messages are made where the fault is found; each place names the file or sample and the key
/// that a person would change.
public struct DataError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The message, one line without a full stop.
  public let description: String

  /// Makes an error from its message.
  public init(_ description: String) { self.description = description }
}
