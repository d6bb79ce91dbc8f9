import Kernels
import Tensors

/// A tensor in a computation, and where its gradient gathers.
///
/// Operations take variables, compute the value at once, and, where a gradient is wanted, record on the tape how to pass
/// it on.
public final class Variable {
  /// What was computed.
  public let value: Tensor
  /// Where operations on this variable are recorded; nil if nowhere.
  public let tape: Tape?
  /// Whether gradients are passed to this variable.
  public let needsGradient: Bool
  /// What has arrived so far; nil before anything has.
  public private(set) var gradient: Tensor?
  private let parameter: Parameter?

  /// Makes a variable that no operation produced.
  /// - Parameters:
  ///   - value: its value.
  ///   - tape: where operations on it are recorded; nil for a computation without gradients.
  ///   - needsGradient: whether its own gradient is wanted.
  public init(_ value: Tensor, tape: Tape? = nil, needsGradient: Bool = false) {
    self.value = value
    self.tape = tape
    self.needsGradient = needsGradient && tape != nil
    self.parameter = nil
  }

  /// A parameter's part in one computation: its gradient goes straight into the parameter's own memory.
  init(_ parameter: Parameter, tape: Tape?) {
    self.value = parameter.value
    self.tape = tape
    self.needsGradient = tape != nil && parameter.isTrainable
    self.parameter = parameter
  }

  /// Makes the variable an operation has produced, and records the operation if any input wants a gradient.
  /// - Parameters:
  ///   - value: the result.
  ///   - inputs: everything the operation's gradients go to.
  ///   - backward: called with the gradient of the result; adds to the inputs' gradients.
  /// - Returns: the result, on the tape of the first input that has one.
  public static func result(
    _ value: Tensor, of inputs: [Variable], backward: @escaping (Tensor) -> Void
  ) -> Variable {
    guard let tape = inputs.lazy.compactMap(\.tape).first else { return Variable(value) }
    guard inputs.contains(where: \.needsGradient) else { return Variable(value, tape: tape) }
    let result = Variable(value, tape: tape, needsGradient: true)
    tape.append { if let gradient = result.takeGradient() { backward(gradient) } }
    return result
  }

  private func takeGradient() -> Tensor? {
    defer { gradient = nil }
    return gradient
  }

  /// Adds to the gradient.
  public func accumulate(_ addend: Tensor) {
    guard needsGradient else { return }
    precondition(
      addend.shape == value.shape, "gradient of shape \(addend.shape) for a value of \(value.shape)"
    )
    if let parameter {
      return withPointer(addend) { source in
        parameter.accumulate { Kernels.accumulate(source, into: $0, count: addend.count) }
      }
    }
    if gradient == nil { gradient = addend } else { gradient?.add(addend) }
  }

  /// Adds to the gradient in place.
  /// - Parameter add: is given the gradient so far, zeros at first, and adds to it.
  public func accumulate(_ add: (UnsafeMutablePointer<Float>) -> Void) {
    guard needsGradient else { return }
    if let parameter { return parameter.accumulate(add) }
    if gradient == nil { gradient = .zeros(value.shape) }
    gradient?.withMutablePointer(add)
  }
}
