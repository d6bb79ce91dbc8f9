import PACTensors

/// What is wrong with the arguments of a layer: one line that names the argument, what was given and what is allowed.
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

/// Throws unless `number` is at least `least`.
func require(_ number: Int, atLeast least: Int, _ layer: String, _ argument: String) throws {
  guard number >= least else {
    throw LayerError(layer, argument, given: "\(number)", allowed: "\(least) and more")
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

/// A parameter's name within a network: `prefix.name`, or `name` alone at the top.
func qualified(_ prefix: String, _ name: String) -> String {
  prefix.isEmpty ? name : "\(prefix).\(name)"
}
