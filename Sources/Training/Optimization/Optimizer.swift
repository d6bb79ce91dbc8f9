import Tensors

/// A rule that turns gradients into a step, over all parameters laid out in one flat tensor.
///
/// An optimiser is a value: a copy is a snapshot. Steps work in place as long as nothing else holds the
/// parameters or the optimiser.
public protocol Optimizer: Sendable {
  /// The configuration's name of the rule.
  var name: TrainingConfiguration.OptimizerName { get }

  /// What the rule carries from step to step.
  var state: OptimizerState { get }

  /// Takes over a state, for continuing a run.
  /// - Throws: `OptimizerStateError` unless the slots are those of this rule, in its size.
  mutating func restore(_ state: OptimizerState) throws

  /// Updates `parameters` by one step.
  /// - Precondition: as many parameters and gradients as the optimiser was made for.
  mutating func step(parameters: inout Tensor, gradients: Tensor, learningRate: Double)
}

/// What an optimiser carries from step to step.
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

/// An optimiser state that belongs to another rule or network.
public struct OptimizerStateError: Error, Equatable, CustomStringConvertible {
  /// What does not fit, on one line.
  public let description: String
}

extension OptimizerState {
  /// Checks that the slots are the named ones and have `count` elements each.
  func require(slots names: [String], count: Int) throws {
    guard slots.keys.sorted() == names.sorted() else {
      let list = { (names: [String]) in
        names.isEmpty ? "none" : names.sorted().joined(separator: ", ")
      }
      throw OptimizerStateError(
        description: "optimiser state: expected \(list(names)), found \(list(Array(slots.keys)))")
    }
    for name in names {
      guard let found = slots[name]?.count, found != count else { continue }
      throw OptimizerStateError(
        description: "optimiser state \(name): expected \(count) elements, found \(found)")
    }
    guard stepCount >= 0 else {
      throw OptimizerStateError(description: "optimiser state: \(stepCount) steps taken")
    }
  }
}

/// Stops on sizes that differ from those the optimiser was made for.
func requireCounts(_ parameters: Tensor, _ gradients: Tensor, _ count: Int) {
  precondition(
    parameters.count == count && gradients.count == count,
    "\(parameters.count) parameters and \(gradients.count) gradients, expected \(count)")
}
