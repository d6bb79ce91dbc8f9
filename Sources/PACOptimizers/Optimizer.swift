import PACAutograd
import PACTensors

/// An update rule for a flat array of parameters.
///
/// An optimizer is a value: a copy is a snapshot. Steps work in place while nothing else holds the
/// parameters or the optimizer. Parameters are updated independently, so several optimizers, each
/// with a part of the parameters, do the same as one with all of them. Optimizer sharding (ZeRO-1)
/// relies on this.
public protocol Optimizer: Sendable {
  /// What the optimizer carries from step to step.
  var state: OptimizerState { get }

  /// Restores a state to resume a run.
  /// - Throws: `OptimizerStateError` unless the slots have the names and the size of this
  ///   optimizer's.
  mutating func restore(_ state: OptimizerState) throws

  /// Begins a step; `update(_:gradients:from:factors:)` follows for every parameter, part by part.
  mutating func beginStep(learningRate: Double)

  /// Updates a part of the parameters.
  /// - Parameters:
  ///   - values: the parameters, updated in place.
  ///   - gradients: their gradients, equally many.
  ///   - start: the index of the first of them among the optimizer's parameters.
  ///   - factors: multiply learning rate and weight decay, as in a parameter group of `torch.optim`.
  mutating func update(
    _ values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>,
    from start: Int, factors: ParameterFactors)
}

extension Optimizer {
  /// Updates a part of the parameters with the optimizer's own learning rate and weight decay.
  /// - Parameters:
  ///   - values: the parameters, updated in place.
  ///   - gradients: their gradients, equally many.
  ///   - start: the index of the first of them among the optimizer's parameters.
  public mutating func update(
    _ values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>,
    from start: Int
  ) {
    update(values, gradients: gradients, from: start, factors: .one)
  }

  /// Updates a network's parameters by one step with the accumulated gradients, which are then
  /// reset.
  /// - Parameters:
  ///   - parameters: the network's parameters, updated in place.
  ///   - learningRate: η of this step.
  /// - Precondition: as many parameters as the optimizer was made for.
  public mutating func step(_ parameters: ParameterSet, learningRate: Double) {
    let gradients = parameters.takeGradients()
    parameters.updateValues {
      step(parameters: &$0, gradients: gradients, learningRate: learningRate)
    }
  }

  /// Updates all parameters by one step.
  /// - Precondition: as many parameters and gradients as the optimizer was made for.
  public mutating func step(
    parameters: inout Tensor, gradients: Tensor, learningRate: Double
  ) {
    beginStep(learningRate: learningRate)
    parameters.withUnsafeMutableBufferPointer { values in
      gradients.withUnsafeBufferPointer { update(values, gradients: $0, from: 0) }
    }
  }
}

/// What an optimizer carries from step to step.
public struct OptimizerState: Sendable {
  /// Steps taken so far.
  public var stepCount: Int
  /// Flat tensors with one element for each parameter, by the names PyTorch gives them.
  public var slots: [String: Tensor]

  /// Makes a state.
  public init(stepCount: Int, slots: [String: Tensor]) {
    self.stepCount = stepCount
    self.slots = slots
  }
}

/// An optimizer state of another optimizer or network.
public struct OptimizerStateError: Error, Equatable, CustomStringConvertible {
  /// The mismatch, in one line.
  public let description: String
}

extension OptimizerState {
  /// Checks that the slots are the named ones and have `count` elements each.
  public func require(slots names: [String], count: Int) throws {
    guard slots.keys.sorted() == names.sorted() else {
      let list = { (names: [String]) in
        names.isEmpty ? "none" : names.sorted().joined(separator: ", ")
      }
      throw OptimizerStateError(
        description: "optimizer state: expected \(list(names)), found \(list(Array(slots.keys)))")
    }
    for name in names {
      guard let found = slots[name]?.count, found != count else { continue }
      throw OptimizerStateError(
        description: "optimizer state \(name): expected \(count) elements, found \(found)")
    }
    guard stepCount >= 0 else {
      throw OptimizerStateError(description: "optimizer state: \(stepCount) steps taken")
    }
  }
}

/// Traps unless the part lies within `count` parameters.
func requirePart(
  _ values: UnsafeMutableBufferPointer<Float>, _ gradients: UnsafeBufferPointer<Float>,
  from start: Int, of count: Int
) {
  precondition(
    values.count == gradients.count && start >= 0 && start + values.count <= count,
    "\(values.count) parameters from \(start) on and \(gradients.count) gradients, "
      + "expected \(count)"
  )
}
