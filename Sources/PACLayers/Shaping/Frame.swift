import PACAutograd
import PACKernels
import PACTensors

extension Variable {
  /// A rectangle of every image, with zeros where it reaches beyond: cropping and padding in one.
  ///
  /// y[n, c, i, j] = x[n, c, i + top, j + left].
  /// - Parameters:
  ///   - top: the first row; negative to pad.
  ///   - left: the first column; negative to pad.
  ///   - height: H′.
  ///   - width: W′.
  /// - Returns: [N, C, H′, W′] of [N, C, H, W]; the variable itself if that is the same.
  public func framed(top: Int = 0, left: Int = 0, height: Int, width: Int) -> Variable {
    let shape = value.shape
    if (top, left, height, width) == (0, 0, shape.height, shape.width) { return self }
    let frame: Shape = [shape.batch, shape.channels, height, width]
    let runs = BlockCopy(frame: frame, top: top, left: left, of: shape)
    let y = FlatBuffer(zeros: frame.count)
    withMemory(of: value, y) { x, y in runs.copy(x, to: y) }
    return .result(Tensor(taking: y).reshaped(frame), of: "framed", self) { upstream, dx in
      withMemory(of: upstream, dx.adding) { g, dx in runs.reversed.add(g, to: dx) }
    }
  }
}

extension BlockCopy {
  /// What a rectangle and each image have in common, row by row.
  fileprivate init(frame: Shape, top: Int, left: Int, of shape: Shape) {
    /// The rows or columns of the rectangle that lie in the image.
    func common(_ start: Int, _ extent: Int, _ image: Int) -> Range<Int> {
      let first = max(0, -start)
      return first..<max(first, min(extent, image - start))
    }
    let rows = common(top, frame.height, shape.height)
    let columns = common(left, frame.width, shape.width)
    self.init(
      outer: shape.batch * shape.channels, inner: rows.count, length: columns.count,
      from: .init(
        start: (rows.lowerBound + top) * shape.width + columns.lowerBound + left,
        outerStride: shape.pixels, innerStride: shape.width),
      to: .init(
        start: rows.lowerBound * frame.width + columns.lowerBound, outerStride: frame.pixels,
        innerStride: frame.width))
  }
}
