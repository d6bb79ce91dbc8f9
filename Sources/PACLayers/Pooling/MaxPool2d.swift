import PACAutograd
import PACKernels
import PACTensors

/// The largest value of each 2×2 window, windows side by side and cut at the bottom and right
/// border: PyTorch's `max_pool2d(2, stride: 2, ceil_mode: true)`, as VGG-16 is pooled in FCN8s.
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
  let output: Shape = [
    shape.batch, shape.channels, pooling.outputHeight, pooling.outputWidth,
  ]
  let x = input.value
  let y = Tensor(output, from: x) { y, x in pooling.forward(input: x, output: y) }
  return .result(y, of: "maxPool2x2", input) { upstream, dx in
    withMemory(of: x, y, upstream, dx.overwriting) { x, y, g, dx in
      pooling.backward(input: x, output: y, outputGradient: g, inputGradient: dx)
    }
  }
}

/// The largest value of each window, windows lying inside the image: PyTorch's `max_pool2d` without
/// padding.
///
/// Of several largest values the first, row by row, receives the gradient.
/// - Parameters:
///   - input: [N, C, H, W].
///   - kernelSize: rows and columns of the window.
///   - stride: the distance between outputs; nil for the kernel size.
/// - Returns: [N, C, H′, W′] with H′ = ⌊(H − kernel) / stride⌋ + 1, W′ likewise.
/// - Throws: `LayerError` if an argument does not fit.
public func maxPool2d(
  _ input: Variable, kernelSize: Pair, stride: Pair? = nil
) throws -> Variable {
  let name = "maxPool2d"
  let shape = input.value.shape
  try requireImages(shape, name, "input")
  let (rows, columns) = try poolingAxes(
    name, shape, kernelSize: kernelSize, stride: stride, padding: 0)
  let pooling = MaxPooling(planes: shape.batch * shape.channels, rows: rows, columns: columns)
  let output: Shape = [shape.batch, shape.channels, rows.output, columns.output]
  let x = input.value
  let y = Tensor(output, from: x) { y, x in pooling.forward(input: x, output: y) }
  return .result(y, of: name, input) { upstream, dx in
    withMemory(of: x, y, upstream, dx.adding) { x, y, g, dx in
      pooling.backward(input: x, output: y, outputGradient: g, inputGradient: dx)
    }
  }
}
