import PACAutograd
import PACTensors

/// Σ weight · loss, added from left to right.
/// - Parameter losses: the terms, each one number; a weight of 1 leaves the loss as it is.
/// - Returns: one number.
/// - Precondition: at least one term.
public func weightedSum(of losses: [(weight: Double, loss: Variable)]) -> Variable {
  let terms = losses.map { $0.weight == 1 ? $0.loss : Float($0.weight) * $0.loss }
  demand(!terms.isEmpty, "weightedSum: no losses")
  return terms.dropFirst().reduce(terms[0]) { $0 + $1 }
}
