import PACTensors

/// A tensor in a computation, and where its gradient gathers.
///
/// Operations take variables, compute the value at once, and, where a gradient is wanted, record on
/// the tape how to pass it on.
public final class Variable {
  /// What was computed.
  public let value: Tensor
  /// Where operations on this variable are recorded; nil if nowhere.
  public let tape: Tape?
  /// Where the gradient gathers.
  let sink: GradientSink

  /// Whether gradients are passed to this variable.
  public var needsGradient: Bool { sink.needsGradient }
  /// The gradient accumulated so far; nil before any arrived.
  public var gradient: Tensor? { sink.gradient }

  /// Makes a variable that no operation produced.
  /// - Parameters:
  ///   - value: its value.
  ///   - tape: where operations on it are recorded; nil for a computation without gradients.
  ///   - needsGradient: whether its own gradient is wanted.
  public init(_ value: Tensor, tape: Tape? = nil, needsGradient: Bool = false) {
    self.value = value
    self.tape = tape
    sink = GradientSink(value.shape, needsGradient: needsGradient && tape != nil)
  }

  /// A parameter's part in one computation: its gradient goes straight into the parameter's own
  /// memory.
  init(_ parameter: Parameter, tape: Tape?) {
    value = parameter.value
    self.tape = tape
    sink = GradientSink(
      parameter.shape, needsGradient: tape != nil && parameter.isTrainable, parameter: parameter)
    if sink.needsGradient { tape?.noteUse(of: parameter) }
  }
}
