import PACAutograd
import PACKernels
import PACTensors

/// Bicubic interpolation by an integer factor, at half-pixel centers: Keys' kernel with a = −½.
/// - Parameters:
///   - input: [N, C, H, W].
///   - factor: at least 1.
///   - border: which pixel is read in place of one beyond the border.
/// - Returns: [N, C, H·factor, W·factor].
/// - Precondition: images, none of the axes 0.
public func upsampleBicubic(_ input: Variable, factor: Int, border: AxisTaps.Border) -> Variable {
  summed(input, "upsampleBicubic") { .cubic(input: $0, factor: factor, border: border) }
}

/// The mean over the `size` × `size` pixels around each, the outermost ones repeated beyond the
/// border.
/// - Parameters:
///   - input: [N, C, H, W].
///   - size: rows and columns of the window; odd.
/// - Returns: the shape of `input`.
/// - Precondition: images, none of the axes 0.
public func localMean(_ input: Variable, size: Int) -> Variable {
  demand(size > 0 && size % 2 == 1, "localMean: a window of \(size)")
  return summed(input, "localMean") { .mean(input: $0, size: size) }
}

extension Variable {
  /// The last row and the last column once more.
  /// - Returns: [N, C, H + 1, W + 1] of [N, C, H, W].
  /// - Precondition: images, none of the axes 0.
  public func repeatingLastRowAndColumn() -> Variable {
    summed(self, "repeatingLastRowAndColumn") { .extended(input: $0, before: 0, after: 1) }
  }
}

/// Weighted sums along columns and rows, by the taps for each extent.
private func summed(
  _ input: Variable, _ name: String, taps: (_ extent: Int) -> AxisTaps
) -> Variable {
  let shape = imageShape(input, name)
  let planes = shape.batch * shape.channels
  let sums = SeparableTaps(rows: taps(shape.height), columns: taps(shape.width))
  let output: Shape = [shape.batch, shape.channels, sums.outputHeight, sums.outputWidth]
  let y = Tensor(output, from: input.value) { y, x in
    sums.forward(input: x, output: y, planes: planes)
  }
  return .result(y, of: name, input) { upstream, dx in
    withMemory(of: upstream, dx.adding) { g, dx in
      sums.backward(outputGradient: g, inputGradient: dx, planes: planes)
    }
  }
}
