import PACTensors

// How an operation is written: compute the value, keep what the backward pass reads, say how
// gradients go on.
//
//     let (x, w) = (input.value, weight.value)
//     let y = Tensor(shape, from: x, w) { y, x, w in … }
//     return .result(y, of: "name", input, weight) { upstream, dx, dw in … }
//
// The backward pass is `@Sendable`, which a `Variable` is not: a closure that captures one, and
// with it an activation that nothing needs, does not compile.

/// What an operation is applied to: a variable, or one that may be missing.
public protocol OperationInput {
  /// `GradientSink?`; a type of its own as a list of inputs of unknown length asks for it.
  associatedtype WantedSink

  /// The variable; nil if it is missing.
  var variable: Variable? { get }

  /// Where its gradient gathers; nil where none is needed.
  var wantedSink: WantedSink { get }
}

extension Variable: OperationInput {
  /// The variable itself.
  public var variable: Variable? { self }

  /// Where its gradient gathers; nil where none is needed.
  public var wantedSink: GradientSink? { needsGradient ? sink : nil }
}

extension Optional: OperationInput where Wrapped == Variable {
  /// The variable; nil if it is missing.
  public var variable: Variable? { self }

  /// Where its gradient gathers; nil where none is needed, or without a variable.
  public var wantedSink: GradientSink? { self?.wantedSink }
}

extension Variable {
  /// Makes the variable that an operation of one input has produced.
  ///
  /// The operation is recorded if the input needs a gradient; its backward pass runs if one reaches
  /// the result.
  /// - Parameters:
  ///   - value: the result.
  ///   - name: the operation's name in messages.
  ///   - input: what it was applied to.
  ///   - backward: given the gradient of the result and where the input's gathers, adds to the
  ///     latter.
  /// - Returns: the result, on the input's tape.
  public static func result(
    _ value: Tensor, of name: String, _ input: Variable,
    backward: @escaping @Sendable (Upstream, GradientSink) -> Void
  ) -> Variable {
    let sink = input.sink
    return recorded(value, name, [input]) { backward($0, sink) }
  }

  /// Makes the variable that an operation has produced.
  ///
  /// The operation is recorded if any input needs a gradient; its backward pass runs if one reaches
  /// the result.
  /// - Parameters:
  ///   - value: the result.
  ///   - name: the operation's name in messages.
  ///   - inputs: what it was applied to.
  ///   - backward: given the gradient of the result and, input by input, where its gradient
  ///     gathers, nil where none is needed; adds to these.
  /// - Returns: the result, on the inputs' tape.
  /// - Precondition: inputs that are on a tape are on the same one.
  public static func result<each Input: OperationInput>(
    _ value: Tensor, of name: String, _ inputs: repeat each Input,
    backward: @escaping @Sendable (Upstream, repeat (each Input).WantedSink) -> Void
  ) -> Variable {
    var present: [Variable] = []
    repeat present.append(contentsOf: (each inputs).variable.map { [$0] } ?? [])
    let sinks = (repeat (each inputs).wantedSink)
    return recorded(value, name, present) { backward($0, repeat each sinks) }
  }

  /// Makes the variable that an operation of any number of inputs has produced; see
  /// `result(_:of:_:backward:)`.
  /// - Parameters:
  ///   - value: the result.
  ///   - name: the operation's name in messages.
  ///   - inputs: what it was applied to.
  ///   - backward: given the gradient of the result and, input by input, where its gradient
  ///     gathers, nil where none is needed; adds to these.
  /// - Returns: the result, on the inputs' tape.
  /// - Precondition: inputs that are on a tape are on the same one.
  public static func result(
    _ value: Tensor, of name: String, all inputs: [Variable],
    backward: @escaping @Sendable (Upstream, [GradientSink?]) -> Void
  ) -> Variable {
    let sinks = inputs.map(\.wantedSink)
    return recorded(value, name, inputs) { backward($0, sinks) }
  }

  private static func recorded(
    _ value: Tensor, _ name: String, _ inputs: [Variable], _ backward: @escaping (Upstream) -> Void
  ) -> Variable {
    let tapes = inputs.compactMap(\.tape)
    guard let tape = tapes.first else { return Variable(value) }
    demand(
      tapes.allSatisfy { $0 === tape }, "\(name): its inputs are recorded on different tapes")
    guard inputs.contains(where: \.needsGradient) else { return Variable(value, tape: tape) }
    let result = Variable(value, tape: tape, needsGradient: true)
    tape.append { [sink = result.sink] in
      if let upstream = Upstream(takenFrom: sink) { backward(upstream) }
    }
    return result
  }
}
