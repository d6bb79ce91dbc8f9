import Autograd
import Kernels
import Tensors

/// Bilinear interpolation to `height` × `width`, at half-pixel centres and clamped at the borders, without anti-aliasing:
/// PyTorch's `interpolate(mode: bilinear, align_corners: false)`.
/// - Parameters:
///   - input: [N, C, H, W].
///   - height: H′.
///   - width: W′.
/// - Returns: [N, C, H′, W′]; the input itself if the size is the same.
public func resizeBilinear(_ input: Variable, height: Int, width: Int) -> Variable {
  let shape = input.value.shape
  if shape.height == height && shape.width == width { return input }
  let planes = shape.batch * shape.channels
  let resize = BilinearResize(
    inputHeight: shape.height, inputWidth: shape.width, outputHeight: height, outputWidth: width)
  let value = withPointer(input.value) { v in
    Tensor(filling: [shape.batch, shape.channels, height, width]) {
      resize.forward(input: v, output: $0, planes: planes)
    }
  }
  return .result(value, of: [input]) { upstream in
    withPointer(upstream) { g in
      input.accumulate { resize.backward(outputGradient: g, inputGradient: $0, planes: planes) }
    }
  }
}
