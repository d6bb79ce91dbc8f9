import PACAutograd
import PACKernels
import PACTensors

/// The mean over each window's pixels that lie inside the image: PyTorch's `avg_pool2d` with
/// `count_include_pad=False`.
/// - Parameters:
///   - input: [N, C, H, W].
///   - kernelSize: rows and columns of the window.
///   - stride: the distance between outputs; nil for the kernel size.
///   - padding: pixels by which windows reach over the border; at most half the kernel size.
/// - Returns: [N, C, H′, W′] with H′ = ⌊(H + 2·padding − kernel) / stride⌋ + 1, W′ likewise.
/// - Throws: `LayerError` if an argument does not fit.
public func averagePool2d(
  _ input: Variable, kernelSize: Pair, stride: Pair? = nil, padding: Pair = 0
) throws -> Variable {
  let name = "averagePool2d"
  let shape = input.value.shape
  try requireImages(shape, name, "input")
  let (rows, columns) = try poolingAxes(
    name, shape, kernelSize: kernelSize, stride: stride, padding: padding)
  guard 2 * padding.height <= kernelSize.height, 2 * padding.width <= kernelSize.width else {
    throw LayerError(
      name, "padding", given: "\(padding)", allowed: "at most half the kernel size \(kernelSize)")
  }
  let pooling = AveragePooling(planes: shape.batch * shape.channels, rows: rows, columns: columns)
  let output: Shape = [shape.batch, shape.channels, rows.output, columns.output]
  let y = Tensor(output, from: input.value) { y, x in pooling.forward(input: x, output: y) }
  return .result(y, of: name, input) { upstream, dx in
    withMemory(of: upstream, dx.overwriting) { g, dx in
      pooling.backward(outputGradient: g, inputGradient: dx)
    }
  }
}

/// The axes of a pooling.
/// - Throws: `LayerError` if no window fits, or an argument is too small.
func poolingAxes(
  _ layer: String, _ input: Shape, kernelSize: Pair, stride: Pair?, padding: Pair
) throws -> (rows: WindowAxis, columns: WindowAxis) {
  let stride = stride ?? kernelSize
  guard kernelSize.allSatisfy({ $0 > 0 }) else {
    throw LayerError(layer, "kernelSize", given: "\(kernelSize)", allowed: "1 and more")
  }
  try validateWindow(layer, stride: stride, padding: padding, dilation: 1)
  let rows = WindowAxis(
    input: input.height, size: kernelSize.height, stride: stride.height, padding: padding.height)
  let columns = WindowAxis(
    input: input.width, size: kernelSize.width, stride: stride.width, padding: padding.width)
  guard rows.output > 0, columns.output > 0 else {
    throw LayerError(
      layer, "input", given: "of shape \(input)", allowed: "at least as large as the window")
  }
  return (rows, columns)
}
