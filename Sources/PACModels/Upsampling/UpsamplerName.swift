import PACTensors

/// A joint upsampling network or filter by the name that configurations and checkpoints use; it
/// makes the network.
///
/// Names are equal if their texts are.
public struct UpsamplerName: Sendable, CustomStringConvertible {
  /// The name, which reads back as the same network; options as published are left out.
  public let description: String
  /// Whether the network has parameters, so that it can be trained and needs weights.
  public let hasParameters: Bool
  private let check: Check
  private let construct: Construct

  /// Throws unless the network exists for a factor and can start so.
  typealias Check =
    @Sendable (_ factor: Int, _ initialization: Initialization) throws(ModelError) -> Void
  /// Makes the network for a factor, with its published initial values.
  typealias Construct =
    @Sendable (_ factor: Int, _ random: inout CounterRandom) throws -> any JointUpsampler

  /// Declares a network.
  /// - Parameters:
  ///   - description: its name, which `catalog` reads back as the same network.
  ///   - hasParameters: whether it has any.
  ///   - check: throws for factors and initial values that the network does not have; by default it
  ///     has all.
  ///   - construct: makes it for a factor that passed the check.
  init(
    declaring description: String, hasParameters: Bool,
    check: @escaping Check = { (_, _) throws(ModelError) in },
    construct: @escaping Construct
  ) {
    self.description = description
    self.hasParameters = hasParameters
    self.check = check
    self.construct = construct
  }

  /// Checks that the network exists for a factor and can start so; cheaper than making it.
  /// - Throws: `ModelError` otherwise.
  public func validate(
    factor: Int, initialization: Initialization = .published
  ) throws(ModelError) {
    try check(factor, initialization)
  }

  /// Makes the network.
  /// - Parameters:
  ///   - factor: how many times larger its output is.
  ///   - initialization: how its parameters start; means nothing where there are none.
  ///   - seed: draws the initial values.
  /// - Returns: the network.
  /// - Throws: `ModelError` if the network does not exist for this factor, or cannot start so.
  public func make(
    factor: Int, initialization: Initialization = .published, seed: UInt64
  ) throws -> any JointUpsampler {
    try validate(factor: factor, initialization: initialization)
    var random = CounterRandom(seed: seed, purpose: .initialisation)
    let network = try construct(factor, &random)
    if initialization == .interpolation { try network.startAsInterpolation() }
    return network
  }
}

extension UpsamplerName: Hashable {
  /// Whether two names are the same text.
  public static func == (a: UpsamplerName, b: UpsamplerName) -> Bool {
    a.description == b.description
  }

  /// Hashes the text.
  public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

/// How parameters start.
public enum Initialization: String, Sendable, CaseIterable {
  /// As published: uniform in ±1/√fan-in.
  case published
  /// As published, but such that the network begins close to bilinear interpolation.
  case interpolation
}
