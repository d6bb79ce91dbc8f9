import PACAutograd
import PACKernels
import PACTensors

/// Softmax over the channels: q_c = e^(x_c) / Σ_d e^(x_d) at every pixel.
/// - Parameter input: x, [N, C, H, W].
/// - Returns: q, the same shape.
/// - Precondition: images, none of the axes 0.
public func softmax(_ input: Variable) -> Variable {
  let shape = imageShape(input, "softmax")
  let softmax = ChannelSoftmax(shape)
  let q = Tensor(shape, from: input.value) { q, x in softmax.forward(input: x, output: q) }
  return .result(q, of: "softmax", input) { upstream, dx in
    withMemory(of: q, upstream, dx.adding) { q, g, dx in
      softmax.backward(output: q, outputGradient: g, inputGradient: dx)
    }
  }
}

/// The logarithm of the softmax over the channels: y_c = x_c − log Σ_d e^(x_d) at every pixel.
/// - Parameter input: x, [N, C, H, W].
/// - Returns: y, the same shape.
/// - Precondition: images, none of the axes 0.
public func logSoftmax(_ input: Variable) -> Variable {
  let shape = imageShape(input, "logSoftmax")
  let softmax = ChannelSoftmax(shape)
  let y = Tensor(shape, from: input.value) { y, x in softmax.forwardLogarithm(input: x, output: y) }
  return .result(y, of: "logSoftmax", input) { upstream, dx in
    withMemory(of: y, upstream, dx.adding) { y, g, dx in
      softmax.backwardLogarithm(output: y, outputGradient: g, inputGradient: dx)
    }
  }
}

extension ChannelSoftmax {
  fileprivate init(_ shape: Shape) {
    self.init(images: shape.batch, channels: shape.channels, pixels: shape.pixels)
  }
}
