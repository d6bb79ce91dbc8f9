import PACFiles

/// Unusable data or settings, in one line: what is wrong, where, and what to do about it.
///
/// The message is made where the fault is found; it names the file or sample and the key to change.
public struct DataError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The message, one line without a full stop.
  public let description: String

  /// Makes an error from its message, in which names from files may be anything.
  public init(_ description: String) { self.description = onOneLine(description) }
}
