import PACAutograd
import PACTensors

/// A rule that turns gradients into a step, over parameters laid out one behind the other.
///
/// An optimizer is a value: a copy is a snapshot. Steps work in place as long as nothing else holds the
/// parameters or the optimizer. Every parameter is treated alone, so that several optimizers, each with a part of the
/// parameters, do what one with all of them does.
public protocol Optimizer: Sendable {
  /// What the rule carries from step to step.
  var state: OptimizerState { get }

  /// Takes over a state, for continuing a run.
  /// - Throws: `OptimizerStateError` unless the slots are those of this rule, in its size.
  mutating func restore(_ state: OptimizerState) throws

  /// Begins a step; `update(_:gradients:from:)` follows for every parameter, part by part.
  mutating func beginStep(learningRate: Double)

  /// Takes the step for a part of the parameters.
  /// - Parameters:
  ///   - values: the parameters, changed in place.
  ///   - gradients: their gradients, as many.
  ///   - start: how many of the optimizer's parameters come before them.
  mutating func update(
    _ values: UnsafeMutableBufferPointer<Float>, gradients: UnsafeBufferPointer<Float>,
    from start: Int)
}

extension Optimizer {
  /// Updates a network's parameters by one step, with the gradients gathered since the last one; these then start anew.
  /// - Parameters:
  ///   - parameters: the network's parameters, changed in place.
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

/// An optimizer state that belongs to another rule or network.
public struct OptimizerStateError: Error, Equatable, CustomStringConvertible {
  /// What does not fit, on one line.
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

/// Stops on a part that is not one of `count` parameters.
func requirePart(
  _ values: UnsafeMutableBufferPointer<Float>, _ gradients: UnsafeBufferPointer<Float>,
  from start: Int, of count: Int
) {
  precondition(
    values.count == gradients.count && start >= 0 && start + values.count <= count,
    "\(values.count) parameters from \(start) on and \(gradients.count) gradients, expected \(count)"
  )
}
