import PACKernels
import PACTensors

/// Joint bilateral upsampling of one map; no gradients.
/// - Parameters:
///   - low: [1, 1, h, w].
///   - guide: colours, [1, 3, h·factor, w·factor].
///   - factor: how many times larger the output is, along each axis.
///   - windowSize: rows and columns of the window in output pixels; odd, at least `factor`.
///   - colorScale: what differences of colours are multiplied by.
///   - spaceScale: what differences of positions, in output pixels, are multiplied by.
/// - Returns: [1, 1, h·factor, w·factor].
public func jointBilateralUpsampled(
  _ low: Tensor, guide: Tensor, factor: Int, windowSize: Int, colorScale: Float, spaceScale: Float
) -> Tensor {
  let (height, width) = (low.shape.height, low.shape.width)
  demand(low.shape == [1, 1, height, width], "low is of shape \(low.shape)")
  demand(
    guide.shape == [1, 3, height * factor, width * factor],
    "guide is of shape \(guide.shape), low of shape \(low.shape), factor \(factor)")
  demand(windowSize % 2 == 1 && windowSize >= factor, "a window of \(windowSize)")
  let filter = JointBilateral(
    height: height, width: width, factor: factor, windowSize: windowSize, colorScale: colorScale,
    spaceScale: spaceScale)
  return Tensor([1, 1, height * factor, width * factor], from: low, guide) { output, low, guide in
    filter.forward(low: low, guide: guide, output: output)
  }
}
