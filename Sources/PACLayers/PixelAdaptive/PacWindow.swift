import PACKernels
import PACTensors

/// The window of a pixel-adaptive operation, with the arguments of PyTorch's Conv2d and
/// ConvTranspose2d.
public struct PacWindow: Hashable, Sendable {
  /// Rows and columns of the window; odd.
  public var kernelSize: Pair
  /// The distance between outputs in input pixels; for the transposed operation the other way
  /// round.
  public var stride: Pair
  /// Zeros added on every side of the input.
  public var padding: Pair
  /// Pixels added at the bottom and right of a transposed operation's output.
  public var outputPadding: Pair
  /// The distance between taps.
  public var dilation: Pair

  /// Makes a window.
  public init(
    kernelSize: Pair, stride: Pair = 1, padding: Pair = 0, outputPadding: Pair = 0,
    dilation: Pair = 1
  ) {
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.outputPadding = outputPadding
    self.dilation = dilation
  }

  func validate(_ layer: String, transposed: Bool) throws {
    guard kernelSize.allSatisfy({ $0 > 0 && !$0.isMultiple(of: 2) }) else {
      throw LayerError(layer, "kernelSize", given: "\(kernelSize)", allowed: "odd numbers")
    }
    try validateWindow(layer, stride: stride, padding: padding, dilation: dilation)
    if !transposed, outputPadding != 0 {
      throw LayerError(
        layer, "outputPadding", given: "\(outputPadding)",
        allowed: "0 unless the operation is transposed")
    }
    guard outputPadding.allSatisfy({ $0 >= 0 }),
      outputPadding.height < max(stride.height, dilation.height),
      outputPadding.width < max(stride.width, dilation.width)
    else {
      throw LayerError(
        layer, "outputPadding", given: "\(outputPadding)",
        allowed: "0 and more, less than the larger of stride and dilation")
    }
  }

  /// The sizes that follow from an input of `height` by `width` pixels.
  func geometry(height: Int, width: Int, transposed: Bool) -> PacGeometry {
    PacGeometry(
      rows: PacAxis(
        size: kernelSize.height, stride: stride.height, padding: padding.height,
        outputPadding: outputPadding.height, dilation: dilation.height, transposed: transposed,
        input: height),
      columns: PacAxis(
        size: kernelSize.width, stride: stride.width, padding: padding.width,
        outputPadding: outputPadding.width, dilation: dilation.width, transposed: transposed,
        input: width))
  }

  /// The sizes that follow from guidance of `height` by `width` pixels.
  func geometry(guideHeight: Int, guideWidth: Int, transposed: Bool) -> PacGeometry {
    guard transposed else {
      return geometry(height: guideHeight, width: guideWidth, transposed: false)
    }
    func input(_ guide: Int, _ axis: (Pair) -> Int) -> Int {
      let reach = (axis(kernelSize) - 1) * axis(dilation)
      let span = guide - axis(outputPadding) - 1 - reach + 2 * axis(padding)
      return Int((Double(span) / Double(axis(stride))).rounded(.down)) + 1
    }
    return geometry(
      height: input(guideHeight, \.height), width: input(guideWidth, \.width), transposed: true)
  }
}
