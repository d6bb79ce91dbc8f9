import PACAutograd
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
    let frame = Frame(top: top, left: left, height: height, width: width, of: shape)
    let framed = value.withUnsafeBufferPointer { source in
      Tensor([shape.batch, shape.channels, height, width]) { target in
        target.update(repeating: 0)
        frame.forEachPair { inner, outer in target[inner] = source[outer] }
      }
    }
    return .result(framed, of: [self]) { [sink] upstream in
      upstream.withUnsafeBufferPointer { source in
        sink.accumulate { gradient in
          frame.forEachPair { inner, outer in gradient[outer] += source[inner] }
        }
      }
    }
  }
}

/// The elements a rectangle and an image have in common.
private struct Frame {
  private let planes: Int
  private let outer: (height: Int, width: Int)
  private let inner: (height: Int, width: Int)
  private let rows: Range<Int>
  private let columns: Range<Int>
  private let top: Int
  private let left: Int

  init(top: Int, left: Int, height: Int, width: Int, of shape: Shape) {
    planes = shape.batch * shape.channels
    outer = (shape.height, shape.width)
    inner = (height, width)
    (self.top, self.left) = (top, left)
    func common(_ start: Int, _ extent: Int, _ image: Int) -> Range<Int> {
      let first = max(0, -start)
      return first..<max(first, min(extent, image - start))
    }
    rows = common(top, height, shape.height)
    columns = common(left, width, shape.width)
  }

  /// Calls `body` with the positions of each common element within the rectangle and within the image.
  @inline(__always)
  func forEachPair(_ body: (Int, Int) -> Void) {
    for plane in 0..<planes {
      for y in rows {
        let innerRow = (plane * inner.height + y) * inner.width
        let outerRow = (plane * outer.height + y + top) * outer.width + left
        for x in columns { body(innerRow + x, outerRow + x) }
      }
    }
  }
}
