import PACAutograd
import PACTensors

extension Variable {
  /// Rows `range` of [N, C, H, W].
  /// - Returns: [N, C, range, W]; this variable itself if that is all of it.
  /// - Precondition: the rows exist; all of them are asked for if gradients are recorded.
  public func rows(_ range: Range<Int>) -> Variable {
    let shape = value.shape
    if range == 0..<shape.height { return self }
    precondition(tape == nil, "some rows of a map whose computation is recorded")
    precondition(range.lowerBound >= 0 && range.upperBound <= shape.height, "\(range) of \(shape)")
    let part: Shape = [shape.batch, shape.channels, range.count, shape.width]
    let block = range.count * shape.width
    return value.withUnsafeBufferPointer { source in
      Variable(
        Tensor(part) { target in
          for plane in 0..<shape.batch * shape.channels {
            let start = plane * shape.pixels + range.lowerBound * shape.width
            _ = target[(plane * block)...].update(fromContentsOf: source[start..<start + block])
          }
        })
    }
  }
}

extension Tensor {
  /// Overwrites rows from `first` on of [N, C, H, W] by those of `rows`, [N, C, h, W].
  /// - Precondition: the extents agree, and the rows lie inside.
  public mutating func replaceRows(from first: Int, by rows: Tensor) {
    let (shape, part) = (shape, rows.shape)
    precondition(
      [shape.batch, shape.channels, shape.width] == [part.batch, part.channels, part.width]
        && first >= 0 && first + part.height <= shape.height, "rows \(part) at \(first) of \(shape)"
    )
    withUnsafeMutableBufferPointer { target in
      rows.withUnsafeBufferPointer { source in
        for plane in 0..<shape.batch * shape.channels {
          let start = plane * shape.pixels + first * shape.width
          _ = target[start...].update(
            fromContentsOf: source[plane * part.pixels..<(plane + 1) * part.pixels])
        }
      }
    }
  }
}
