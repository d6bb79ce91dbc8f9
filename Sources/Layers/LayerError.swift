/// What is wrong with the arguments of a layer: one line that names the argument, what was given and what is allowed.
public struct LayerError: Error, Equatable, CustomStringConvertible {
  /// The whole message.
  public let description: String

  init(_ layer: String, _ argument: String, given: String, allowed: String) {
    description = "\(layer): \(argument) is \(given); allowed: \(allowed)"
  }
}
