import PACAutograd
import PACTensors

/// The steps of a mean field, with weights of their own or the same weights in each.
struct MeanFieldSteps<Term: MeanFieldTerm> {
  /// The layer's name in errors.
  private let layer: String
  private let channels: Int
  private let finalOutput: FinalOutput
  private let isShared: Bool
  private let steps: [MeanFieldStep<Term>]

  /// Makes the steps.
  /// - Parameters:
  ///   - layer: the layer's name in errors.
  ///   - channels: C.
  ///   - count: how many steps.
  ///   - finalOutput: what is returned.
  ///   - isShared: whether all steps have the same weights.
  ///   - make: makes one.
  init(
    _ layer: String, channels: Int, count: Int, finalOutput: FinalOutput,
    sharingWeights isShared: Bool, make: () throws -> MeanFieldStep<Term>
  ) rethrows {
    self.layer = layer
    self.channels = channels
    self.finalOutput = finalOutput
    self.isShared = isShared
    let first = try make()
    steps = try [first] + (1..<count).map { _ in isShared ? first : try make() }
  }

  /// Applies the steps.
  /// - Parameters:
  ///   - unary: [N, C, H, W].
  ///   - edges: what was made of the features of each term.
  ///   - tape: where the parameters' part is recorded.
  /// - Returns: [N, C, H, W].
  /// - Throws: what a message throws.
  func callAsFunction(
    _ unary: Variable, edges: [Term.Edges], tape: Tape?
  ) throws -> Variable {
    try meanField(unary, steps: steps.count, finalOutput: finalOutput) {
      try steps[$0](unary, q: $1, edges: edges, tape: tape)
    }
  }

  /// The parameters with their published names behind `prefix`.
  func parameters(_ prefix: String) -> [(name: String, parameter: Parameter)] {
    guard !isShared else { return steps[0].parameters(prefix) }
    return steps.enumerated().flatMap { $1.parameters(qualified(prefix, "steps.\($0)")) }
  }

  /// Sets every parameter to the value of its published name; see `MeanField.load`.
  func load(_ values: [String: Tensor]) throws {
    try setParameters(parameters(""), from: values, layer) { [isShared] name in
      isShared
        ? name : name.split(separator: ".").dropFirst(2).joined(separator: ".")
    }
  }

  // MARK: - Checks

  func check(_ unary: Variable) throws {
    try requireImages(unary.value.shape, layer, "unary", axes: "[N, \(channels), H, W]")
    guard unary.value.shape.channels == channels else {
      throw LayerError(
        layer, "unary", given: "of shape \(unary.value.shape)",
        allowed: "[N, \(channels), H, W]")
    }
  }

  func requireCount(_ count: Int, of wanted: Int, _ argument: String) throws {
    guard count == wanted else {
      throw LayerError(
        layer, argument, given: "\(count) maps", allowed: "\(wanted), one for each pairwise kernel")
    }
  }

  /// Throws unless features are of the unary's size.
  /// - Parameters:
  ///   - feature: the features of a term.
  ///   - number: the term's number.
  ///   - channels: how many there must be; nil for any number.
  ///   - unary: the unary's shape.
  /// - Throws: `LayerError` if they are not.
  func check(_ feature: Variable, number: Int, channels: Int? = nil, unary: Shape) throws {
    let own = feature.value.shape
    guard own.rank == 4, own.count > 0, own[0] == unary[0], own[2] == unary[2],
      own[3] == unary[3], channels.map({ $0 == own[1] }) ?? true
    else {
      let wanted = channels.map { "\($0)" } ?? "G"
      throw LayerError(
        layer, "features[\(number)]", given: "of shape \(own)",
        allowed: "[\(unary[0]), \(wanted), \(unary[2]), \(unary[3])]")
    }
  }
}
