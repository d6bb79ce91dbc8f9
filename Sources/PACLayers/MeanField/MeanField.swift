import PACAutograd
import PACTensors

/// What `PacCRF` and `PacCRFLoose` have in common; these say what is computed.
public class MeanField {
  /// The arguments it was made with.
  public let options: PacCRFOptions
  private let name: String
  private let steps: MeanFieldSteps<PacTerm>

  /// Makes a CRF whose steps share their weights or have weights of their own.
  init(
    _ name: String, sharingWeights isShared: Bool, _ options: PacCRFOptions,
    random: inout CounterRandom
  ) throws {
    try options.validate(name)
    self.name = name
    self.options = options
    steps = try MeanFieldSteps(
      name, channels: options.channels, count: options.numSteps, finalOutput: options.finalOutput,
      sharingWeights: isShared
    ) {
      MeanFieldStep(
        unaryWeight: TermWeight(options.unaryWeight, learned: !options.fixedWeighting),
        terms: try options.pairwiseKernels.map { try PacTerm($0, options, random: &random) })
    }
  }

  /// Applies the CRF.
  /// - Parameters:
  ///   - unary: [N, C, H, W].
  ///   - features: one map for each pairwise kernel, [N, G, H, W].
  /// - Returns: [N, C, H, W].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(_ unary: Variable, features: [Variable]) throws -> Variable {
    try steps.check(unary)
    try requireCount(features.count, "features")
    for (number, feature) in features.enumerated()
    where options.pairwiseKernels[number].compatType != .notAdaptive {
      try steps.check(feature, number: number, unary: unary.value.shape)
    }
    return try self(unary, kernels: try edgeKernels(features))
  }

  /// Applies the CRF with kernels made beforehand.
  /// - Parameters:
  ///   - unary: [N, C, H, W].
  ///   - kernels: K of every pairwise kernel, see `edgeKernels`; nil for `na` terms.
  /// - Returns: [N, C, H, W].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(_ unary: Variable, kernels: [Variable?]) throws -> Variable {
    try steps.check(unary)
    try requireCount(kernels.count, "kernels")
    for (number, kernel) in kernels.enumerated() {
      let isWanted = options.pairwiseKernels[number].compatType != .notAdaptive
      guard isWanted == (kernel != nil) else {
        throw LayerError(
          name, "kernels[\(number)]", given: isWanted ? "missing" : "given",
          allowed: isWanted ? "K of the edge features" : "nil for compatType na")
      }
    }
    let tape = unary.tape ?? kernels.lazy.compactMap { $0?.tape }.first
    return try steps(unary, edges: kernels, tape: tape)
  }

  /// The adapting kernels of edge features.
  /// - Parameter features: one map for each pairwise kernel, [N, G, H, W].
  /// - Returns: K of every pairwise kernel, [N, 1, kh, kw, H′, W′] at the blurred size; nil for
  ///   `na` terms.
  /// - Throws: `LayerError` if the shapes do not fit.
  public func edgeKernels(_ features: [Variable]) throws -> [Variable?] {
    try requireCount(features.count, "features")
    return try zip(options.pairwiseKernels, features).enumerated().map { number, pair in
      do {
        return try pair.0.edgeKernel(pair.1)
      } catch let error as LayerError {
        throw LayerError("\(name), pairwise kernel \(number)", error)
      }
    }
  }

  /// The parameters with their published names behind `prefix`.
  public func parameters(_ prefix: String = "") -> [(name: String, parameter: Parameter)] {
    steps.parameters(prefix)
  }

  /// Sets every parameter to the value of its published name.
  ///
  /// Where steps have weights of their own, a name of `PacCRF` will do as well: its value goes to
  /// every step.
  /// - Parameter values: by name without prefix; those no parameter has are left alone.
  /// - Throws: `LayerError` if a value is missing or of another shape; then nothing has changed.
  public func load(_ values: [String: Tensor]) throws { try steps.load(values) }

  private func requireCount(_ count: Int, _ argument: String) throws {
    try steps.requireCount(count, of: options.pairwiseKernels.count, argument)
  }
}

/// logQ⁰ = unary, and in each step Q = softmax(logQ) and a new logQ.
/// - Parameters:
///   - unary: [N, C, H, W].
///   - steps: how many.
///   - finalOutput: what becomes of the last logQ.
///   - step: given the step's number, from 0, and Q, makes logQ.
/// - Returns: [N, C, H, W].
/// - Throws: what `step` throws.
func meanField(
  _ unary: Variable, steps: Int, finalOutput: FinalOutput,
  _ step: (Int, Variable) throws -> Variable
) throws -> Variable {
  var map = unary
  for number in 0..<steps {
    // Q takes the place of the last log Q, which is freed before the step.
    map = softmax(map)
    map = try step(number, map)
  }
  switch finalOutput {
  case .logQ: return map
  case .softmax: return softmax(map)
  case .logSoftmax: return logSoftmax(map)
  }
}

/// Sets every parameter to the value of its name.
/// - Parameters:
///   - parameters: by name.
///   - values: by name; those no parameter has are left alone.
///   - layer: names the layer in errors.
///   - alias: another name that will do.
/// - Throws: `LayerError` if a value is missing or of another shape; then nothing has changed.
func setParameters(
  _ parameters: [(name: String, parameter: Parameter)], from values: [String: Tensor],
  _ layer: String, alias: (String) -> String = { $0 }
) throws {
  let found = try parameters.map { name, parameter in
    guard let value = values[name] ?? values[alias(name)] else {
      throw LayerError(
        layer, "values", given: "without '\(alias(name))'", allowed: "a value for every parameter")
    }
    guard value.shape == parameter.shape else {
      throw LayerError(
        layer, "values['\(alias(name))']", given: "of shape \(value.shape)",
        allowed: "\(parameter.shape)")
    }
    return value
  }
  for ((_, parameter), value) in zip(parameters, found) { parameter.value = value }
}
