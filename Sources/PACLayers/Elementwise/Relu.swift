import PACAutograd
import PACKernels
import PACTensors

/// max(x, 0), element by element.
///
/// A convolution does it at no extra pass over the data, see `Activation`.
/// - Parameter input: x, of any shape.
/// - Returns: the same shape.
public func relu(_ input: Variable) -> Variable {
  let count = input.value.count
  let y = Tensor(input.value.shape, from: input.value) { y, x in rectify(x, into: y, count: count) }
  return .result(y, of: "relu", input) { upstream, dx in
    upstream.mask(byRectified: y)
    dx.accumulate(upstream.gradient)
  }
}

extension Upstream {
  /// Sets the gradient to 0 where `output` is not above 0.
  func mask(byRectified output: Tensor) {
    withMemory(of: output, inPlace) { rectified, gradient in
      maskByRectifiedOutput(rectified, gradient, into: gradient, count: output.count)
    }
  }
}
