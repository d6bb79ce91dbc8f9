import PACAutograd
import PACKernels
import PACTensors

/// One term of a weighted sum: sign · weight · input.
struct WeightedTerm {
  /// x, of any shape.
  let input: Variable
  /// w, one number, learned or not.
  let weight: Variable
  private let sign: Float

  /// Makes a term.
  init(_ input: Variable, times weight: Variable, isSubtracted: Bool = false) {
    self.input = input
    self.weight = weight
    sign = isSubtracted ? -1 : 1
  }

  /// sign · w.
  var factor: Float { sign * weight.value.scalar }

  /// What the backward pass keeps: the input's value only if the weight is learned.
  var share: Share {
    Share(
      sign: sign, factor: factor, input: weight.needsGradient ? input.value : nil,
      weightShape: weight.value.shape)
  }

  /// A term without its variables.
  struct Share {
    let sign: Float
    let factor: Float
    let input: Tensor?
    let weightShape: Shape

    /// ∂x = ± w g and ∂w = ± Σ g x.
    func backward(_ upstream: Upstream, _ dx: GradientSink?, _ dw: GradientSink?) {
      let count = upstream.gradient.count
      withMemory(of: upstream, input, dx?.adding) { g, x, dx in
        if let dx { accumulate(g, times: factor, into: dx, count: count) }
        guard let dw, let x else { return }
        dw.accumulate(Tensor(weightShape, [sign * Float(innerProduct(g, x, count: count))]))
      }
    }
  }
}

/// Σₖ ± wₖ · xₖ in one pass over the data, with weights that are single numbers.
///
/// A mean-field step adds its terms with it: one pass instead of two for each term, and one
/// rounding instead of two for each product.
/// - Precondition: at least one term, all of one shape, with weights of one number.
func weightedSum(_ terms: [WeightedTerm]) -> Variable {
  let shape = terms[0].input.value.shape
  for term in terms {
    demand(
      term.input.value.shape == shape, "weightedSum: \(term.input.value.shape) and \(shape)")
    demand(term.weight.value.count == 1, "weightedSum: weight of \(term.weight.value.shape)")
  }
  let (factors, shares) = (terms.map(\.factor), terms.map(\.share))
  let sum = Tensor(shape, from: terms.map(\.input.value)) { sum, inputs in
    combine(inputs, factors: factors, into: sum, count: shape.count)
  }
  return .result(sum, of: "weightedSum", all: terms.flatMap { [$0.input, $0.weight] }) {
    upstream, sinks in
    for (k, share) in shares.enumerated() {
      share.backward(upstream, sinks[2 * k], sinks[2 * k + 1])
    }
  }
}
