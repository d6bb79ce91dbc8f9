import Autograd
import Tensors

/// What `PacCRF` and `PacCRFLoose` have in common: a sequence of steps, equal ones or not.
struct MeanField {
  let name: String
  let options: PacCRFOptions
  let steps: [MeanFieldStep]

  /// K of every pairwise kernel; nil for those that look at no features.
  func edgeKernels(_ features: [Variable]) throws -> [Variable?] {
    try requireCount(features.count, "features")
    return try zip(options.pairwiseKernels, features).enumerated().map { number, pair in
      do {
        return try pair.0.edgeKernel(pair.1)
      } catch let error as LayerError {
        throw LayerError("\(name), pairwise kernel \(number)", error)
      }
    }
  }

  func callAsFunction(_ unary: Variable, features: [Variable]) throws -> Variable {
    try check(unary)
    let shape = unary.value.shape
    try requireCount(features.count, "features")
    for (number, feature) in features.enumerated()
    where options.pairwiseKernels[number].compatType != .notAdaptive {
      let own = feature.value.shape
      guard own.rank == 4, own.count > 0, own[0] == shape[0], own[2] == shape[2], own[3] == shape[3]
      else {
        throw LayerError(
          name, "features[\(number)]", given: "of shape \(own)",
          allowed: "[\(shape[0]), G, \(shape[2]), \(shape[3])]")
      }
    }
    return try self(unary, kernels: try edgeKernels(features))
  }

  func callAsFunction(_ unary: Variable, kernels: [Variable?]) throws -> Variable {
    try check(unary)
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
    var logQ = unary
    for step in steps { logQ = try step(unary, logQ: logQ, kernels: kernels, tape: tape) }
    switch options.finalOutput {
    case .logQ: return logQ
    case .softmax: return try softmax(logQ)
    case .logSoftmax: return try logSoftmax(logQ)
    }
  }

  private func check(_ unary: Variable) throws {
    try requireImages(unary.value.shape, name, "unary", axes: "[N, \(options.channels), H, W]")
    guard unary.value.shape.channels == options.channels else {
      throw LayerError(
        name, "unary", given: "of shape \(unary.value.shape)",
        allowed: "[N, \(options.channels), H, W]")
    }
  }

  private func requireCount(_ count: Int, _ argument: String) throws {
    let wanted = options.pairwiseKernels.count
    guard count == wanted else {
      throw LayerError(
        name, argument, given: "\(count) maps", allowed: "\(wanted), one for each pairwise kernel")
    }
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
