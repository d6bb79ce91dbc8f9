import PACAutograd
import PACTensors

/// One pairwise term of one step: what makes its message, and its weight.
protocol MeanFieldTerm {
  /// What is made of the term's edge features once for all steps.
  associatedtype Edges

  /// w_k, with its sign.
  var weight: TermWeight { get }
  /// [C, C, 1, 1]; nil for none.
  var compatibility: Parameter? { get }

  /// M(Q), [N, C, H, W].
  func message(_ q: Variable, _ edges: Edges, _ tape: Tape?) throws -> Variable

  /// The parameters of what passes labels on.
  func messengerParameters(_ prefix: String) -> [(name: String, parameter: Parameter)]
}

extension MeanFieldTerm {
  /// The message behind the matrix of compatibilities, if the term has one.
  func weighedByLabels(_ message: Variable, _ tape: Tape?) throws -> Variable {
    try compatibility.map { try conv2d(message, weight: $0.variable(on: tape)) } ?? message
  }
}

/// One step of mean field: log Q ← w_u · unary − Σ_k w_k · message_k(Q).
struct MeanFieldStep<Term: MeanFieldTerm> {
  let unaryWeight: TermWeight
  let terms: [Term]

  func callAsFunction(
    _ unary: Variable, q: Variable, edges: [Term.Edges], tape: Tape?
  ) throws -> Variable {
    var sum = [WeightedTerm(unary, times: unaryWeight.variable(on: tape))]
    for (term, edges) in zip(terms, edges) {
      sum.append(
        WeightedTerm(
          try term.message(q, edges, tape), times: term.weight.variable(on: tape),
          isSubtracted: true))
    }
    return weightedSum(sum)
  }

  func parameters(_ prefix: String) -> [(name: String, parameter: Parameter)] {
    let numbered = terms.enumerated()
    return unaryWeight.parameters(qualified(prefix, "unary_weight"))
      + numbered.flatMap { $1.messengerParameters(qualified(prefix, "messengers.\($0)")) }
      + numbered.flatMap { number, term in
        term.compatibility.map { [(qualified(prefix, "compat.\(number).weight"), $0)] } ?? []
      }
      + numbered.flatMap { $1.weight.parameters(qualified(prefix, "pairwise_weights.\($0)")) }
  }
}

/// The weight of a term: a constant, or learned.
enum TermWeight {
  case constant(Float)
  case learned(Parameter)

  init(_ value: Float, learned: Bool) {
    self = learned ? .learned(Parameter(Tensor(scalar: value))) : .constant(value)
  }

  func variable(on tape: Tape?) -> Variable {
    switch self {
    case .constant(let value): Variable(Tensor(scalar: value))
    case .learned(let parameter): parameter.variable(on: tape)
    }
  }

  func parameters(_ name: String) -> [(name: String, parameter: Parameter)] {
    switch self {
    case .constant: []
    case .learned(let parameter): [(name, parameter)]
    }
  }
}

/// What compatibilities start with, 1 − I, [C, C, 1, 1]: different labels cost 1.
func differentLabels(_ channels: Int) -> Tensor {
  Tensor(
    [channels, channels, 1, 1],
    (0..<channels * channels).map { $0 / channels == $0 % channels ? 0 : 1 })
}
