import PACAutograd
import PACTensors

/// What is wrong with the arguments of a layer: one line that names the argument, what was given
/// and what is allowed.
///
/// Layers, the functions and types that a network is made of, throw it where they are called:
/// options and shapes follow from what users supply. Operations between layers (`+`, `relu`,
/// `softmax`, `concatenated`, resizing, losses …) trap instead, with the operation's name and both
/// shapes: a wrong shape there is a mistake in the code. Labels that are no classes throw. See
/// docs/decisions/0008-what-throws-and-what-traps.md.
public struct LayerError: Error, Equatable, CustomStringConvertible {
  /// The whole message.
  public let description: String

  init(_ layer: String, _ argument: String, given: String, allowed: String) {
    description = "\(layer): \(argument) is \(given); allowed: \(allowed)"
  }

  /// The same fault, met within `layer`.
  init(_ layer: String, _ cause: LayerError) { description = "\(layer): \(cause)" }
}

/// Throws unless `shape` is of images: four axes, none of them empty.
func requireImages(
  _ shape: Shape, _ layer: String, _ argument: String, axes: String = "[N, C, H, W]"
) throws {
  guard shape.rank == 4, shape.count > 0 else {
    throw LayerError(
      layer, argument, given: "of shape \(shape)", allowed: "\(axes), none of them 0")
  }
}

/// The shape of what an operation is applied to.
/// - Precondition: images, none of the axes 0.
func imageShape(_ input: Variable, _ operation: String) -> Shape {
  let shape = input.value.shape
  demand(
    shape.rank == 4 && shape.count > 0,
    "\(operation): shape \(shape), expected [N, C, H, W], none of them 0")
  return shape
}

/// Throws unless `number` is at least `least`.
func require(_ number: Int, atLeast least: Int, _ layer: String, _ argument: String) throws {
  guard number >= least else {
    throw LayerError(layer, argument, given: "\(number)", allowed: "\(least) and more")
  }
}

/// Throws unless `number` is finite.
func requireFinite(_ number: Float, _ layer: String, _ argument: String) throws {
  guard number.isFinite else {
    throw LayerError(layer, argument, given: "\(number)", allowed: "finite numbers")
  }
}

/// Throws unless stride, padding and dilation are possible.
func validateWindow(_ layer: String, stride: Pair, padding: Pair, dilation: Pair) throws {
  for (argument, pair, least) in [
    ("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1),
  ] where !pair.allSatisfy({ $0 >= least }) {
    throw LayerError(layer, argument, given: "\(pair)", allowed: "\(least) and more")
  }
}

/// Throws unless the channels divide into `groups`; shared filters take no groups.
func validateGroups(
  _ groups: Int, _ layer: String, inputs: Int, outputs: Int, sharedFilters: Bool
) throws {
  guard groups == 1 || !sharedFilters else {
    throw LayerError(
      layer, "groups", given: "\(groups)",
      allowed: "1 with shared filters, which keep every channel by itself")
  }
  guard groups > 0, inputs.isMultiple(of: groups), outputs.isMultiple(of: groups) else {
    throw LayerError(
      layer, "groups", given: "\(groups)",
      allowed: "divisors of the \(inputs) input and \(outputs) output channels")
  }
}

/// A parameter's name within a network: `prefix.name`, or `name` alone at the top.
func qualified(_ prefix: String, _ name: String) -> String {
  prefix.isEmpty ? name : "\(prefix).\(name)"
}
