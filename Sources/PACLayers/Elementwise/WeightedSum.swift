import PACAutograd
import PACKernels
import PACTensors

/// One term of a weighted sum: sign · weight · input.
public struct WeightedTerm {
  /// x, of any shape.
  public var input: Variable
  /// w, one number, learned or not.
  public var weight: Variable
  /// Whether the term is subtracted.
  public var isSubtracted: Bool

  /// Makes a term.
  public init(_ input: Variable, times weight: Variable, isSubtracted: Bool = false) {
    self.input = input
    self.weight = weight
    self.isSubtracted = isSubtracted
  }

  fileprivate var sign: Float { isSubtracted ? -1 : 1 }
}

/// Σₖ ± wₖ · xₖ in one pass over the data, with weights that are single numbers.
/// - Parameter terms: at least one, all of one shape.
/// - Returns: the sum, of that shape.
/// - Throws: `LayerError` if the shapes differ or a weight is no single number.
public func weightedSum(_ terms: [WeightedTerm]) throws -> Variable {
  let name = "weightedSum"
  guard let shape = terms.first?.input.value.shape else {
    throw LayerError(name, "terms", given: "empty", allowed: "one and more")
  }
  for term in terms {
    guard term.input.value.shape == shape else {
      throw LayerError(
        name, "input", given: "of shape \(term.input.value.shape)", allowed: "\(shape)")
    }
    guard term.weight.value.count == 1 else {
      throw LayerError(
        name, "weight", given: "of shape \(term.weight.value.shape)", allowed: "one number")
    }
  }
  let factors = terms.map { $0.sign * $0.weight.value.scalar }
  let value = withPointers(terms.map(\.input.value)) { sources in
    Tensor(filling: shape) { combine(sources, factors: factors, into: $0, count: shape.count) }
  }
  let shares = zip(terms, factors).map(Share.init)
  return .result(value, of: terms.flatMap { [$0.input, $0.weight] }) { upstream in
    for share in shares { share.passOn(upstream) }
  }
}

/// What the backward pass keeps of a term: its input's value only if the weight is learned.
private struct Share {
  let factor: Float
  let sign: Float
  let inputSink: GradientSink
  let weightSink: GradientSink
  let weightShape: Shape
  let input: Tensor?

  init(_ term: WeightedTerm, factor: Float) {
    self.factor = factor
    sign = term.sign
    inputSink = term.input.sink
    weightSink = term.weight.sink
    weightShape = term.weight.value.shape
    input = term.weight.needsGradient ? term.input.value : nil
  }

  func passOn(_ upstream: Tensor) {
    withPointer(upstream) { g in
      inputSink.accumulate { accumulate(g, times: factor, into: $0, count: upstream.count) }
      guard let input else { return }
      let product = withPointer(input) { innerProduct(g, $0, count: upstream.count) }
      weightSink.accumulate(Tensor(weightShape, [sign * Float(product)]))
    }
  }
}
