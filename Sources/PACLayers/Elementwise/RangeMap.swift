import PACAutograd
import PACKernels
import PACTensors

extension Variable {
  /// Every image mapped to [0, 1] by its own smallest and largest value: (x − min) / (max − min).
  ///
  /// An image of equal values becomes 0 and passes no gradient on. Of several smallest or largest
  /// values the first one receives the gradient of min or max.
  /// - Returns: the shape of this variable.
  /// - Precondition: images, none of the axes 0.
  public func mappedToUnitRange() -> Variable {
    let shape = imageShape(self, "mappedToUnitRange")
    let map = RangeMap(images: shape.batch, pixels: shape.count / shape.batch)
    let extremes = withMemory(of: value) { map.extremes($0) }
    let y = Tensor(shape, from: value) { y, x in
      map.forward(input: x, extremes: extremes, output: y)
    }
    return .result(y, of: "mappedToUnitRange", self) { upstream, dx in
      withMemory(of: y, upstream, dx.adding) { y, g, dx in
        map.backward(output: y, extremes: extremes, outputGradient: g, inputGradient: dx)
      }
    }
  }
}
