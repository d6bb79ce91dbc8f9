import PACAutograd
import PACKernels
import PACTensors

/// Bilinear interpolation to `height` × `width`, at half-pixel centres and clamped at the borders,
/// without anti-aliasing: PyTorch's `interpolate(mode: bilinear, align_corners: false)`.
/// - Parameters:
///   - input: [N, C, H, W].
///   - height: H′.
///   - width: W′.
/// - Returns: [N, C, H′, W′]; the input itself if the size is the same.
/// - Precondition: images, none of the axes 0.
public func resizeBilinear(_ input: Variable, height: Int, width: Int) -> Variable {
  let shape = imageShape(input, "resizeBilinear")
  if shape.height == height && shape.width == width { return input }
  return resized(
    input, "resizeBilinear", to: (height, width),
    BilinearResize(
      inputHeight: shape.height, inputWidth: shape.width, outputHeight: height, outputWidth: width))
}

/// Part of a bilinear upsampling by an integer factor, at half-pixel centres and clamped at the
/// borders.
/// - Parameters:
///   - input: [N, C, H, W].
///   - factor: the factor, at least 1.
///   - rows: the rows of the upsampled images, of H·factor, that are wanted.
///   - columns: the columns, of W·factor, likewise.
/// - Returns: [N, C, rows, columns].
/// - Precondition: rows and columns lie inside.
func upsampleBilinear(
  _ input: Variable, factor: Int, rows: Range<Int>, columns: Range<Int>
) -> Variable {
  let shape = imageShape(input, "upsampleBilinear")
  demand(
    rows.lowerBound >= 0 && rows.upperBound <= shape.height * factor && columns.lowerBound >= 0
      && columns.upperBound <= shape.width * factor,
    "upsampleBilinear: rows \(rows) and columns \(columns) of \(shape) times \(factor)")
  return resized(
    input, "upsampleBilinear", to: (rows.count, columns.count),
    BilinearResize(
      inputHeight: shape.height, inputWidth: shape.width, factor: factor, rows: rows,
      columns: columns))
}

private func resized(
  _ input: Variable, _ name: String, to size: (height: Int, width: Int), _ resize: BilinearResize
) -> Variable {
  let shape = input.value.shape
  let planes = shape.batch * shape.channels
  let output: Shape = [shape.batch, shape.channels, size.height, size.width]
  let y = Tensor(output, from: input.value) { y, x in
    resize.forward(input: x, output: y, planes: planes)
  }
  return .result(y, of: name, input) { upstream, dx in
    withMemory(of: upstream, dx.adding) { g, dx in
      resize.backward(outputGradient: g, inputGradient: dx, planes: planes)
    }
  }
}
