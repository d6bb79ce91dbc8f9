/// An error in the choice of a network, in one line.
public struct ModelError: Error, Equatable, CustomStringConvertible {
  /// The message.
  public let description: String

  init(_ description: String) { self.description = description }
}
