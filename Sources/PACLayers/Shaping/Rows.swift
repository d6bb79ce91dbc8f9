import PACAutograd
import PACKernels
import PACTensors

extension Variable {
  /// Rows `range` of [N, C, H, W].
  /// - Returns: [N, C, range, W]; this variable itself if that is all of it.
  /// - Precondition: the rows exist; all of them are asked for if gradients are recorded.
  public func rows(_ range: Range<Int>) -> Variable {
    let shape = value.shape
    if range == 0..<shape.height { return self }
    demand(tape == nil, "rows: some of a map whose computation is recorded")
    demand(
      range.lowerBound >= 0 && range.upperBound <= shape.height, "rows: \(range) of \(shape)")
    let part: Shape = [shape.batch, shape.channels, range.count, shape.width]
    let runs = BlockCopy(rows: range, of: shape)
    return Variable(Tensor(part, from: value) { y, x in runs.copy(x, to: y) })
  }
}

extension Tensor {
  /// Overwrites rows from `first` on of [N, C, H, W] by those of `rows`, [N, C, h, W].
  /// - Precondition: the extents agree, and the rows lie inside.
  public mutating func replaceRows(from first: Int, by rows: Tensor) {
    let (shape, part) = (shape, rows.shape)
    demand(
      [shape.batch, shape.channels, shape.width] == [part.batch, part.channels, part.width]
        && first >= 0 && first + part.height <= shape.height,
      "replaceRows: \(part) at row \(first) of \(shape)"
    )
    let runs = BlockCopy(rows: first..<first + part.height, of: shape)
    withMemory(of: rows, writableBuffer()) { rows, all in runs.reversed.copy(rows, to: all) }
  }
}

extension BlockCopy {
  /// From images of `shape` to some of their rows.
  fileprivate init(rows: Range<Int>, of shape: Shape) {
    let block = rows.count * shape.width
    self.init(
      outer: shape.batch * shape.channels, length: block,
      from: .init(start: rows.lowerBound * shape.width, outerStride: shape.pixels),
      to: .init(outerStride: block))
  }
}
