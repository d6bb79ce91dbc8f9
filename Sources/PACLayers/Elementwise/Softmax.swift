import PACAutograd
import PACKernels
import PACTensors

/// Softmax over the channels: q_c = e^(x_c) / Σ_d e^(x_d) at every pixel.
/// - Parameter input: x, [N, C, H, W].
/// - Returns: q, the same shape.
/// - Throws: `LayerError` if the shape is none of images.
public func softmax(_ input: Variable) throws -> Variable {
  try requireImages(input.value.shape, "softmax", "input")
  let operation = ChannelSoftmax(input.value.shape)
  let value = withPointer(input.value) { x in
    Tensor(filling: input.value.shape) { operation.forward(input: x, output: $0) }
  }
  return .result(value, of: [input]) { [sink = input.sink] upstream in
    withPointers(value, upstream) { q, g in
      sink.accumulate { operation.backward(output: q, outputGradient: g, inputGradient: $0) }
    }
  }
}

/// The logarithm of the softmax over the channels: y_c = x_c − log Σ_d e^(x_d) at every pixel.
/// - Parameter input: x, [N, C, H, W].
/// - Returns: y, the same shape.
/// - Throws: `LayerError` if the shape is none of images.
public func logSoftmax(_ input: Variable) throws -> Variable {
  try requireImages(input.value.shape, "logSoftmax", "input")
  let operation = ChannelSoftmax(input.value.shape)
  let value = withPointer(input.value) { x in
    Tensor(filling: input.value.shape) { operation.forwardLogarithm(input: x, output: $0) }
  }
  return .result(value, of: [input]) { [sink = input.sink] upstream in
    withPointers(value, upstream) { y, g in
      sink.accumulate {
        operation.backwardLogarithm(output: y, outputGradient: g, inputGradient: $0)
      }
    }
  }
}

extension ChannelSoftmax {
  fileprivate init(_ shape: Shape) {
    self.init(images: shape.batch, channels: shape.channels, pixels: shape.pixels)
  }
}
