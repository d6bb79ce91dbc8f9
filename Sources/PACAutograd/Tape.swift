import PACTensors

/// The record of one forward pass, played backwards once to compute gradients.
///
/// Operations append themselves as they run. `backward(from:)` takes them off in reverse, and with
/// each goes what it kept of the forward pass: activations are freed as soon as nothing needs them.
///
/// A tape belongs to one thread. A variable without tape records nothing, which is how a network is
/// run without training it.
public final class Tape {
  private var operations: [() -> Void] = []
  /// The parameters whose gradients are computed, each with the number of operations before its
  /// first use.
  private var uses: [(position: Int, parameter: Parameter)] = []
  private var used: Set<ObjectIdentifier> = []

  /// Makes an empty tape.
  public init() {}

  /// The number of operations recorded and not yet played back.
  public var count: Int { operations.count }

  func append(_ backward: @escaping () -> Void) { operations.append(backward) }

  /// Only operations recorded from now on use the parameter, unless it was used before.
  func noteUse(of parameter: Parameter) {
    guard used.insert(ObjectIdentifier(parameter)).inserted else { return }
    uses.append((operations.count, parameter))
  }

  /// Computes the gradients of everything `result` depends on.
  ///
  /// Afterwards the tape is empty; the gradients lie in the variables and parameters.
  /// - Parameters:
  ///   - result: usually the loss.
  ///   - gradient: what reaches `result` from outside, of its shape; nil stands for 1 at a scalar.
  ///   - completed: called after each operation with the parameters, mostly none, to whose
  ///     gradients nothing more will be added. Every parameter used with this tape is passed once.
  /// - Throws: what `completed` throws, with the tape half played back.
  public func backward(
    from result: Variable, gradient: Tensor? = nil, completed: ([Parameter]) throws -> Void
  ) rethrows {
    let seed = gradient ?? Tensor(repeating: 1, result.value.shape)
    demand(
      gradient != nil || result.value.count == 1,
      "backward from a result of shape \(result.value.shape) needs a gradient")
    result.sink.accumulate(seed)
    while let operation = operations.popLast() {
      operation()
      try completed(takeCompleted())
    }
    let unused = takeCompleted()
    if !unused.isEmpty { try completed(unused) }
    used.removeAll()
  }

  /// Computes the gradients of everything `result` depends on; see
  /// `backward(from:gradient:completed:)`.
  public func backward(from result: Variable, gradient: Tensor? = nil) {
    backward(from: result, gradient: gradient) { _ in }
  }

  /// The parameters that none of the operations left uses.
  private func takeCompleted() -> [Parameter] {
    var completed: [Parameter] = []
    while let last = uses.last, last.position >= operations.count {
      completed.append(last.parameter)
      uses.removeLast()
    }
    return completed
  }
}
