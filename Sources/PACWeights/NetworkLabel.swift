import PACFiles

/// The network that weights belong to, as weight files state it.
public struct NetworkLabel: Sendable, Equatable, CustomStringConvertible {
  /// The network's name in configurations.
  public let model: String
  /// Integers besides the name that determine the parameters or their meaning, such as `factor`.
  public let attributes: [String: Int]

  /// Makes a label.
  public init(model: String, attributes: [String: Int] = [:]) {
    self.model = model
    self.attributes = attributes
  }

  /// Reads the label from the metadata of a file that `pac weights convert` wrote; nil without one.
  public init?(metadata: [String: String]) {
    guard let model = metadata["model"] else { return nil }
    let numbers = metadata.compactMap { key, text in Int(text).map { (shown(key), $0) } }
    self.init(
      model: shown(model), attributes: Dictionary(numbers, uniquingKeysWith: { first, _ in first }))
  }

  /// The label as metadata.
  public var metadata: [String: String] {
    attributes.mapValues { "\($0)" }.merging(["model": model]) { $1 }
  }

  /// `PacJointUpsample, factor 8`.
  public var description: String {
    ([model] + attributes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })
      .joined(separator: ", ")
  }

  /// The differences between this label of a file and the network that it is loaded into.
  public func differences(from network: NetworkLabel) -> [String] {
    let other = network.attributes.sorted { $0.key < $1.key }.compactMap { name, value in
      attributes[name].flatMap {
        $0 == value ? nil : "expected \(name) \(value), found \(name) \($0)"
      }
    }
    return (model == network.model ? [] : ["expected \(network.model), found \(model)"]) + other
  }
}
