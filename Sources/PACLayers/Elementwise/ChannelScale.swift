import PACAutograd
import PACKernels
import PACTensors

extension Variable {
  /// scale · x + offset for every channel of [N, C, H, W].
  /// - Precondition: as many scales and offsets as channels.
  public func mappedChannels(scale: [Float], offset: [Float]) -> Variable {
    let shape = value.shape
    demand(
      scale.count == shape.channels && offset.count == shape.channels,
      "mappedChannels: \(scale.count) scales and \(offset.count) offsets for \(shape)")
    let map = ChannelMap(ChannelPlanes(shape))
    let y = Tensor(shape, from: value) { y, x in
      map.forward(input: x, scale: scale, offset: offset, output: y)
    }
    return .result(y, of: "mappedChannels", self) { upstream, dx in
      withMemory(of: upstream, dx.adding) { g, dx in
        map.backward(outputGradient: g, scale: scale, inputGradient: dx)
      }
    }
  }
}

/// Divides every channel by a number of its own: x_c / s_c.
///
/// A small scale makes the features' differences count for much, a large one for little.
/// - Parameters:
///   - input: x, [N, C, H, W].
///   - scales: s, [C], or [1] or a scalar for all channels; none of them 0.
/// - Returns: the shape of `input`.
/// - Throws: `LayerError` if an argument does not fit.
public func dividedChannels(_ input: Variable, by scales: Variable) throws -> Variable {
  try dividedChannels(input, by: scales, "dividedChannels", "scales")
}

/// As `dividedChannels(_:by:)`, with the names of layer and argument in errors.
func dividedChannels(
  _ input: Variable, by scales: Variable, _ layer: String, _ argument: String
) throws -> Variable {
  let shape = input.value.shape
  try requireImages(shape, layer, "input")
  let (given, ownShape) = (scales.value.elements, scales.value.shape)
  guard given.count == 1 || ownShape == [shape.channels], !given.contains(0) else {
    throw LayerError(
      layer, argument, given: "\(given) of shape \(ownShape)",
      allowed: "[1] or [\(shape.channels)], none of them 0")
  }
  let divisors = given.count == 1 ? [Float](repeating: given[0], count: shape.channels) : given
  let division = ChannelDivision(ChannelPlanes(shape))
  let y = Tensor(shape, from: input.value) { y, x in
    division.forward(input: x, divisors: divisors, output: y)
  }
  let quotient = scales.needsGradient ? y : nil
  return .result(y, of: layer, input, scales) { upstream, dx, ds in
    withMemory(of: quotient, upstream, dx?.adding) { y, g, dx in
      if let dx {
        division.backwardInput(outputGradient: g, divisors: divisors, inputGradient: dx)
      }
      guard let ds, let y else { return }
      let gradients = division.divisorGradients(output: y, outputGradient: g, divisors: divisors)
      ds.accumulate(
        Tensor(ownShape, given.count == 1 ? [gradients.reduce(0, +)] : gradients))
    }
  }
}

extension ChannelPlanes {
  /// Those of [N, C, H, W].
  init(_ shape: Shape) {
    self.init(images: shape.batch, channels: shape.channels, pixels: shape.pixels)
  }
}
