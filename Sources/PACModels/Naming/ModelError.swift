/// What is wrong with the choice of a network: one line.
public struct ModelError: Error, Equatable, CustomStringConvertible {
  /// The whole message.
  public let description: String

  init(_ description: String) { self.description = description }
}
