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
  ///   - features: one map for each pairwise kernel, or one for all of them, [N, G, H, W].
  /// - Returns: [N, C, H, W].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(_ unary: Variable, features: [Variable]) throws -> Variable {
    try self(unary, maps: try mapsForEveryKernel(features))
  }

  /// Applies the CRF to features that are given by the names of pairwise kernels.
  /// - Parameters:
  ///   - unary: [N, C, H, W].
  ///   - features: the map of every pairwise kernel, [N, G, H, W]; `na` terms may do without.
  /// - Returns: [N, C, H, W].
  /// - Throws: `LayerError` if a name is missing or unknown, or the shapes do not fit.
  public func callAsFunction(
    _ unary: Variable, features: [String: Variable]
  ) throws -> Variable {
    try self(unary, maps: try inOrder(features, "features"))
  }

  private func callAsFunction(_ unary: Variable, maps: [Variable?]) throws -> Variable {
    try steps.check(unary)
    for (number, map) in maps.enumerated() {
      guard let map, options.pairwiseKernels[number].compatType != .notAdaptive else { continue }
      try steps.check(map, number: number, unary: unary.value.shape)
    }
    return try self(unary, kernels: try edgeKernels(of: maps))
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

  /// Applies the CRF with kernels made beforehand, given by the names of pairwise kernels.
  /// - Parameters:
  ///   - unary: [N, C, H, W].
  ///   - kernels: K of every pairwise kernel but `na` terms, see `edgeKernels`.
  /// - Returns: [N, C, H, W].
  /// - Throws: `LayerError` if a name is missing or unknown, or the shapes do not fit.
  public func callAsFunction(_ unary: Variable, kernels: [String: Variable]) throws -> Variable {
    try self(unary, kernels: try inOrder(kernels, "kernels"))
  }

  /// The adapting kernels of edge features.
  ///
  /// Terms of the same map, window and blur share one K, which is computed once.
  /// - Parameter features: one map for each pairwise kernel, or one for all of them, [N, G, H, W].
  /// - Returns: K of every pairwise kernel, [N, 1, kh, kw, H′, W′] at the blurred size; nil for
  ///   `na` terms.
  /// - Throws: `LayerError` if the shapes do not fit.
  public func edgeKernels(_ features: [Variable]) throws -> [Variable?] {
    try edgeKernels(of: try mapsForEveryKernel(features))
  }

  private func edgeKernels(of maps: [Variable?]) throws -> [Variable?] {
    var kernels: [Variable?] = []
    for (number, (settings, map)) in zip(options.pairwiseKernels, maps).enumerated() {
      let before = (0..<number).first {
        maps[$0] === map && options.pairwiseKernels[$0].hasSameEdges(as: settings)
      }
      do {
        kernels.append(try before.map { kernels[$0] } ?? map.flatMap(settings.edgeKernel))
      } catch let error as LayerError {
        throw LayerError("\(name), pairwise kernel \(number)", error)
      }
    }
    return kernels
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

  /// One map for each pairwise kernel; a single one serves all.
  private func mapsForEveryKernel(_ features: [Variable]) throws -> [Variable?] {
    let wanted = options.pairwiseKernels.count
    if features.count == 1 { return Array(repeating: features[0], count: wanted) }
    guard features.count == wanted else {
      throw LayerError(
        name, "features", given: "\(features.count) maps",
        allowed: "\(wanted), one for each pairwise kernel, or one for all")
    }
    return features
  }

  /// Maps by name in the order of the pairwise kernels; nil for `na` terms that have none.
  private func inOrder(_ given: [String: Variable], _ argument: String) throws -> [Variable?] {
    let settings = options.pairwiseKernels
    let names = try settings.enumerated().map { number, kernel in
      guard let name = kernel.name else {
        throw LayerError(
          "\(self.name), pairwise kernel \(number)", "name", given: "missing",
          allowed: "a name, where \(argument) are given by name")
      }
      return name
    }
    let all = names.map { "'\($0)'" }.joined(separator: ", ")
    if let unknown = given.keys.filter({ !names.contains($0) }).min() {
      throw LayerError(name, argument, given: "with '\(unknown)'", allowed: all)
    }
    return try zip(names, settings).map { name, kernel in
      guard given[name] != nil || kernel.compatType == .notAdaptive else {
        throw LayerError(self.name, argument, given: "without '\(name)'", allowed: all)
      }
      return given[name]
    }
  }

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
