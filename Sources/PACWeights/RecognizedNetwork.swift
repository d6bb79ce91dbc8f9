import PACAutograd

/// The network that weights seem to belong to, judged by their names and shapes, since files of
/// other programs do not state it.
public struct RecognizedNetwork: Sendable {
  /// The network in a few words; not always a name, because the parameters do not show all of it.
  public let description: String
  /// The published names of its parameters.
  public let names: PublishedNames

  /// Describes a network.
  public init(description: String, names: PublishedNames = .own) {
    self.description = description
    self.names = names
  }
}
