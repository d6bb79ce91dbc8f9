import PACAutograd
import PACKernels
import PACTensors

/// Convolutions that follow each other directly, with a ReLU between any two.
///
/// The same numbers as of the layers applied one by one, bit for bit. An activation that oneDNN
/// writes and reads in the same blocks of channels stays in these from one layer to the next and,
/// in the backward pass, so does its gradient: each copy to rows and back that this saves is a pass
/// over memory.
/// - Parameters:
///   - input: [N, C, H, W].
///   - layers: in the order in which they are applied.
///   - activation: the activation after the last one.
/// - Returns: [N, C′, H′, W′] of the last layer.
/// - Throws: `LayerError` if the shapes do not fit.
public func consecutiveConv2d(
  _ input: Variable, _ layers: [Conv2d], activation: Activation
) throws -> Variable {
  var x = input
  for (number, layout) in try outputLayouts(of: layers, input: input.value.shape).enumerated() {
    x = try layers[number](
      x, activation: number + 1 < layers.count ? .rectified : activation, outputLayout: layout)
  }
  return x
}

/// How each layer's output lies: where it and its successor prefer the same layout, in that one.
func outputLayouts(of layers: [Conv2d], input: Shape) throws -> [ActivationLayout] {
  var shape = input
  let preferred = try layers.map { layer in
    let sizes = try layer.sizes(shape)
    shape = sizes.outputShape
    return Convolution.preferredLayouts(sizes, hasBias: layer.bias != nil)
  }
  return preferred.indices.map { number in
    guard number + 1 < preferred.count else { return .rowMajor }
    let (written, read) = (preferred[number].output, preferred[number + 1].input)
    return written == read ? written : .rowMajor
  }
}

extension Shape {
  /// How activations of this shape lie; in blocks of channels they have a fifth axis.
  var activationLayout: ActivationLayout {
    rank == 5 && ActivationLayout.blockSizes.contains(self[4])
      ? .channelBlocks(self[4]) : .rowMajor
  }

  /// [N, C, H, W] of activations that may lie in blocks of channels.
  var images: Shape {
    guard case .channelBlocks(let size) = activationLayout else { return self }
    return [self[0], self[1] * size, self[2], self[3]]
  }

  /// The shape of these [N, C, H, W] in a layout that fits the channels.
  func laid(out layout: ActivationLayout) -> Shape {
    guard case .channelBlocks(let size) = layout else { return self }
    return [batch, channels / size, height, width, size]
  }
}
