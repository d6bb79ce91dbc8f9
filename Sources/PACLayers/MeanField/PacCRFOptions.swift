/// What a PAC-CRF returns, by the published names.
public enum FinalOutput: String, Sendable, CaseIterable {
  /// log Q up to a constant at each pixel: what the last step left.
  case logQ = "log_Q"
  /// Q, which sums to 1 over the labels.
  case softmax
  /// log Q.
  case logSoftmax = "log_softmax"
}

/// The arguments of `PacCRF` and `PacCRFLoose`.
public struct PacCRFOptions: Hashable, Sendable {
  /// C, the number of labels.
  public var channels: Int
  /// The number of mean-field steps.
  public var numSteps: Int
  /// What is returned.
  public var finalOutput: FinalOutput
  /// Whether filters and compatibilities start with uniform numbers in ±0.0005 added, so that labels
  /// do not stay alike.
  public var perturbedInit: Bool
  /// Whether the weights of unary and pairwise terms are constants.
  public var fixedWeighting: Bool
  /// The weight of the unary term, where it starts if it is learned.
  public var unaryWeight: Float
  /// The pairwise terms.
  public var pairwiseKernels: [PairwiseKernel]

  /// Names options; by default the published ones.
  public init(
    channels: Int, numSteps: Int, finalOutput: FinalOutput = .logQ, perturbedInit: Bool = true,
    fixedWeighting: Bool = false, unaryWeight: Float = 1, pairwiseKernels: [PairwiseKernel]
  ) {
    self.channels = channels
    self.numSteps = numSteps
    self.finalOutput = finalOutput
    self.perturbedInit = perturbedInit
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
      if let name = kernel.name, pairwiseKernels[..<number].contains(where: { $0.name == name }) {
        throw LayerError(
          "\(layer), pairwise kernel \(number)", "name", given: "'\(name)'",
          allowed: "names that no other kernel has")
      }
    }
  }
}
