/// The network that weights belong to, as files of weights name it.
public struct NetworkLabel: Sendable, Equatable, CustomStringConvertible {
  /// The network's name in configurations.
  public let model: String
  /// Integers on which its parameters or their meaning depend besides its name, such as `factor`.
  public let attributes: [String: Int]

  /// Labels weights.
  public init(model: String, attributes: [String: Int] = [:]) {
    self.model = model
    self.attributes = attributes
  }

  /// From the texts of a file that `pac weights convert` wrote; nil if they do not say.
  public init?(metadata: [String: String]) {
    guard let model = metadata["model"] else { return nil }
    self.init(model: model, attributes: metadata.compactMapValues { Int($0) })
  }

  /// The same as texts.
  public var metadata: [String: String] {
    attributes.mapValues { "\($0)" }.merging(["model": model]) { $1 }
  }

  /// `PacJointUpsample, factor 8`.
  public var description: String {
    ([model] + attributes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })
      .joined(separator: ", ")
  }

  /// How this label of a file differs from the network that it is to be used for.
  public func differences(from network: NetworkLabel) -> [String] {
    let other = network.attributes.sorted { $0.key < $1.key }.compactMap { name, value in
      attributes[name].flatMap {
        $0 == value ? nil : "expected \(name) \(value), found \(name) \($0)"
      }
    }
    return (model == network.model ? [] : ["expected \(network.model), found \(model)"]) + other
  }
}
