import Tensors

/// The record of one forward pass, played backwards once to compute gradients.
///
/// Operations append themselves as they run. `backward(from:)` takes them off in reverse, and with each goes
/// what it kept of the forward pass: activations are freed as soon as nothing needs them.
///
/// A tape belongs to one thread. A variable without tape records nothing, which is how a network is run without
/// training it.
public final class Tape {
  private var operations: [() -> Void] = []

  /// Makes an empty tape.
  public init() {}

  /// The number of operations recorded and not yet played back.
  public var count: Int { operations.count }

  func append(_ backward: @escaping () -> Void) { operations.append(backward) }

  /// Computes the gradients of everything `result` depends on.
  ///
  /// Afterwards the tape is empty; the gradients lie in the variables and parameters.
  /// - Parameters:
  ///   - result: usually the loss.
  ///   - gradient: what reaches `result` from outside, of its shape; nil stands for 1 at a scalar.
  public func backward(from result: Variable, gradient: Tensor? = nil) {
    let seed = gradient ?? Tensor(repeating: 1, result.value.shape)
    precondition(
      gradient != nil || result.value.count == 1,
      "backward from a result of shape \(result.value.shape) needs a gradient")
    result.accumulate(seed)
    while let operation = operations.popLast() { operation() }
  }
}
