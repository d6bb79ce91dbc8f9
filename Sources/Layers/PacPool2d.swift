import Autograd
import Kernels
import Tensors

/// Pixel-adaptive pooling: v′ᵢ = Σⱼ K(fᵢ, fⱼ) vⱼ, a weighted sum over each window (paper, section 4.2; spec section 1).
///
/// With a normalised K it is a weighted mean; with an inverse kernel for each channel, detail-preserving pooling.
/// - Parameters:
///   - input: v, [N, C, H, W].
///   - kernel: K of `packernel2d`, [N, 1 or C, kh, kw, H′, W′].
///   - window: the window.
/// - Returns: v′, [N, C, H′, W′] with the sizes of PyTorch's AvgPool2d.
/// - Throws: `LayerError` if an argument does not fit.
public func pacpool2d(
  _ input: Variable, kernel: Variable, window: PacWindow
) throws -> Variable {
  let name = "pacpool2d"
  try window.validate(name, transposed: false)
  let (v, k) = (input.value.shape, kernel.value.shape)
  guard v.rank == 4 else {
    throw LayerError(name, "input", given: "of shape \(v)", allowed: "[N, C, H, W]")
  }
  let geometry = window.geometry(height: v.height, width: v.width, transposed: false)
  let tail = [
    geometry.rows.size, geometry.columns.size, geometry.rows.output, geometry.columns.output,
  ]
  guard k == Shape([v.batch, 1] + tail) || k == Shape([v.batch, v.channels] + tail) else {
    throw LayerError(
      name, "kernel", given: "of shape \(k)",
      allowed: "\(Shape([v.batch, 1] + tail)) or \(Shape([v.batch, v.channels] + tail))")
  }
  let output: Shape = [v.batch, v.channels, geometry.rows.output, geometry.columns.output]
  let (inputStride, kernelStride, outputStride) = (
    v.count / v.batch, k.count / v.batch, output.count / v.batch
  )
  func withOperation(_ image: Int, _ body: (PacDepthwise) -> Void) {
    withPointers(input.value, kernel.value) { pixels, kernels in
      body(
        PacDepthwise(
          geometry, channels: v.channels, input: pixels + image * inputStride,
          kernel: kernels + image * kernelStride, kernelPerChannel: k[1] > 1, weight: nil))
    }
  }
  let value = Tensor(filling: output) { target in
    for image in 0..<v.batch {
      withOperation(image) { $0.forward(bias: nil, output: target + image * outputStride) }
    }
  }
  return .result(value, of: [input, kernel]) { upstream in
    var inputGradient: Tensor? = input.needsGradient ? .zeros(v) : nil
    var kernelGradient: Tensor? = kernel.needsGradient ? .zeros(k) : nil
    withMutablePointer(optional: &inputGradient) { dv in
      withMutablePointer(optional: &kernelGradient) { dk in
        withPointer(upstream) { g in
          for image in 0..<v.batch {
            withOperation(image) {
              $0.backward(
                outputGradient: g + image * outputStride,
                inputGradient: dv.map { $0 + image * inputStride },
                kernelGradient: dk.map { $0 + image * kernelStride }, weightGradient: nil,
                biasGradient: nil)
            }
          }
        }
      }
    }
    if let inputGradient { input.accumulate(inputGradient) }
    if let kernelGradient { kernel.accumulate(kernelGradient) }
  }
}
