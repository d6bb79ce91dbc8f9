import PACAutograd
import PACKernels
import PACTensors

/// The largest value of each 2×2 window, windows side by side and cut at the bottom and right border: PyTorch's
/// `max_pool2d(2, stride: 2, ceil_mode: true)`, as VGG-16 is pooled in FCN8s.
///
/// Of several largest values the first, row by row, receives the gradient.
/// - Parameter input: [N, C, H, W].
/// - Returns: [N, C, ⌈H/2⌉, ⌈W/2⌉].
/// - Throws: `LayerError` if the shape is none of images.
public func maxPool2x2(_ input: Variable) throws -> Variable {
  let shape = input.value.shape
  try requireImages(shape, "maxPool2x2", "input")
  let pooling = MaxPooling2x2(
    planes: shape.batch * shape.channels, height: shape.height, width: shape.width)
  let value = withPointer(input.value) { x in
    Tensor(filling: [shape.batch, shape.channels, pooling.outputHeight, pooling.outputWidth]) {
      pooling.forward(input: x, output: $0)
    }
  }
  return .result(value, of: [input]) { upstream in
    input.accumulate(
      withPointers(input.value, value, upstream) { x, y, g in
        Tensor(filling: shape) {
          pooling.backward(input: x, output: y, outputGradient: g, inputGradient: $0)
        }
      })
  }
}
