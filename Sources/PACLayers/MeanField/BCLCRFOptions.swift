/// One pairwise term of a `BCLCRF`.
public struct LatticeKernel: Hashable, Sendable {
  /// d, the number of the term's edge features.
  public var featureChannels: Int
  /// s, the size of the neighbourhood on the lattice.
  public var neighborhood: Int
  /// How labels matter; `notAdaptive` is not possible.
  public var compatType: CompatibilityType
  /// Whether the filter on the lattice is learned; without, it stays the lattice's Gaussian.
  public var learned: Bool
  /// The message's weight, where it starts if it is learned.
  public var pairwiseWeight: Float

  /// Names settings.
  public init(
    featureChannels: Int, neighborhood: Int = 1, compatType: CompatibilityType = .filter4d,
    learned: Bool = true, pairwiseWeight: Float = 1
  ) {
    self.featureChannels = featureChannels
    self.neighborhood = neighborhood
    self.compatType = compatType
    self.learned = learned
    self.pairwiseWeight = pairwiseWeight
  }

  func validate(_ layer: String, number: Int) throws {
    let layer = "\(layer), pairwise kernel \(number)"
    try FeatureLattice.validate(
      layer, featureChannels: featureChannels, neighborhood: neighborhood)
    guard compatType != .notAdaptive else {
      throw LayerError(layer, "compatType", given: "na", allowed: "4d, 2d, potts")
    }
    try requireFinite(pairwiseWeight, layer, "pairwiseWeight")
  }
}

/// The arguments of `BCLCRF`.
public struct BCLCRFOptions: Hashable, Sendable {
  /// C, the number of labels.
  public var channels: Int
  /// The number of mean-field steps.
  public var numSteps: Int
  /// Whether every step has weights of its own.
  public var loose: Bool
  /// What is returned.
  public var finalOutput: FinalOutput
  /// Whether the weights of unary and pairwise terms are constants.
  public var fixedWeighting: Bool
  /// The weight of the unary term, where it starts if it is learned.
  public var unaryWeight: Float
  /// The pairwise terms.
  public var pairwiseKernels: [LatticeKernel]

  /// Names options.
  ///
  /// The terms left out are, first, of features of position and colour, with a filter of its own for
  /// each pair of labels; second, of position, a constant Gaussian with learned compatibilities.
  public init(
    channels: Int, numSteps: Int = 2, loose: Bool = true, finalOutput: FinalOutput = .logQ,
    fixedWeighting: Bool = false, unaryWeight: Float = 1,
    pairwiseKernels: [LatticeKernel] = [
      LatticeKernel(featureChannels: 5),
      LatticeKernel(featureChannels: 2, compatType: .matrix2d, learned: false),
    ]
  ) {
    self.channels = channels
    self.numSteps = numSteps
    self.loose = loose
    self.finalOutput = finalOutput
    self.fixedWeighting = fixedWeighting
    self.unaryWeight = unaryWeight
    self.pairwiseKernels = pairwiseKernels
  }

  func validate(_ layer: String) throws {
    try require(channels, atLeast: 1, layer, "channels")
    try require(numSteps, atLeast: 1, layer, "numSteps")
    try requireFinite(unaryWeight, layer, "unaryWeight")
    for (number, kernel) in pairwiseKernels.enumerated() {
      try kernel.validate(layer, number: number)
    }
  }
}
