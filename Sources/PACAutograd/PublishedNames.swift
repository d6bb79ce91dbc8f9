import PACTensors

/// The names of a network's parameters in files of the published programs, where they differ from
/// the network's own, and the constants that such files hold besides.
///
/// Names differ in how they begin. A network whose parameters have their published names has
/// `PublishedNames.own`.
public struct PublishedNames: Sendable {
  /// A number that the files hold as a tensor of shape [], and the network as a constant.
  public struct Constant: Sendable, Equatable {
    /// Its name in the files.
    public let name: String
    /// The network's number.
    public let value: Float
    /// Whether the network computes with it; if not, a file may hold any number.
    public let isUsed: Bool

    /// Describes a constant.
    public init(name: String, value: Float, isUsed: Bool) {
      self.name = name
      self.value = value
      self.isUsed = isUsed
    }
  }

  private let beginnings: [(own: String, published: String)]
  /// The network's own names of convolution weights [O, I, h, w] that files may hold as matrices
  /// [O, I · h · w], those of fully connected layers.
  public let matrices: Set<String>
  /// The constants, in the order in which they are written.
  public let constants: [Constant]

  /// Every parameter has its published name, and there are no constants.
  public static let own = PublishedNames()

  /// States what differs.
  /// - Parameters:
  ///   - beginnings: how names begin here and there; of several that fit a name, the first counts.
  ///     The network's own may be empty.
  ///   - matrices: the network's own names of weights that files may hold as matrices.
  ///   - constants: what the files hold besides the parameters.
  public init(
    beginnings: [(own: String, published: String)] = [], matrices: Set<String> = [],
    constants: [Constant] = []
  ) {
    self.beginnings = beginnings
    self.matrices = matrices
    self.constants = constants
  }

  /// The published name of the network's parameter `name`.
  public func published(_ name: String) -> String {
    for (own, published) in beginnings where name.hasPrefix(own) {
      return published + name.dropFirst(own.count)
    }
    return name
  }

  /// The network's own name of the parameter that is published as `name`; any other name stays.
  public func own(_ name: String) -> String {
    for (own, published) in beginnings where name.hasPrefix(published) {
      return own + name.dropFirst(published.count)
    }
    return name
  }

  /// What a published file of these parameters holds: all of them under their published names,
  /// and the constants, unless they are among them already.
  public func published(_ tensors: [NamedTensor]) -> [NamedTensor] {
    let present = Set(tensors.map(\.name))
    return tensors.map { NamedTensor(name: published(own($0.name)), value: $0.value) }
      + constants.filter { !present.contains($0.name) }
      .map { NamedTensor(name: $0.name, value: Tensor(scalar: $0.value)) }
  }
}
