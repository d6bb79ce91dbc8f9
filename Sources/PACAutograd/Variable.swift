import PACTensors

/// A tensor in a computation, and where its gradient gathers.
///
/// Operations take variables, compute the value at once, and, where a gradient is wanted, record on the tape how to pass
/// it on.
public final class Variable {
  /// What was computed.
  public let value: Tensor
  /// Where operations on this variable are recorded; nil if nowhere.
  public let tape: Tape?
  /// Where the gradient gathers.
  public let sink: GradientSink

  /// Whether gradients are passed to this variable.
  public var needsGradient: Bool { sink.needsGradient }
  /// What has arrived so far; nil before anything has.
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

  /// A parameter's part in one computation: its gradient goes straight into the parameter's own memory.
  init(_ parameter: Parameter, tape: Tape?) {
    value = parameter.value
    self.tape = tape
    sink = GradientSink(
      parameter.shape, needsGradient: tape != nil && parameter.isTrainable, parameter: parameter)
    if sink.needsGradient { tape?.noteUse(of: parameter) }
  }

  /// Makes the variable an operation has produced, and records the operation if any input wants a gradient.
  /// - Parameters:
  ///   - value: the result.
  ///   - inputs: everything the operation's gradients go to.
  ///   - backward: called with the gradient of the result, which is its own to change; adds to the inputs'
  ///     gradients.
  /// - Returns: the result, on the tape of the first input that has one.
  public static func result(
    _ value: Tensor, of inputs: [Variable], backward: @escaping (inout Tensor) -> Void
  ) -> Variable {
    guard let tape = inputs.lazy.compactMap(\.tape).first else { return Variable(value) }
    guard inputs.contains(where: \.needsGradient) else { return Variable(value, tape: tape) }
    let result = Variable(value, tape: tape, needsGradient: true)
    tape.append { [sink = result.sink] in
      if var gradient = sink.takeGradient() { backward(&gradient) }
    }
    return result
  }

  /// Adds to the gradient.
  public func accumulate(_ addend: Tensor) { sink.accumulate(addend) }

  /// Adds to the gradient in place.
  /// - Parameter add: is given the gradient so far, zeros at first, and adds to it.
  public func accumulate(_ add: (UnsafeMutablePointer<Float>) -> Void) { sink.accumulate(add) }
}
