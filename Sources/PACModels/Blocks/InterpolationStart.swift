import PACAutograd
import PACLayers
import PACTensors

// Initial values that make a network begin close to bilinear interpolation. They depart from the
// papers, whose networks have no connection that carries input to output and have to learn even the
// interpolation. Names and shapes stay the same.

extension Parameter {
  /// Makes output channel 0 of a filter the outer product filter · filterᵀ of input channel 0 alone.
  /// - Parameters:
  ///   - filter: as many taps as the filter has rows; nil for the identity.
  ///   - inputAxis: the axis of the input channels, 0 or 1; the other is that of the output channels.
  func handOnChannel0(through filter: [Float]? = nil, inputAxis: Int = 1) {
    let size = shape[2]
    let filter = filter ?? (0..<size).map { $0 == size / 2 ? 1 : 0 }
    var elements = value.elements
    for channel in 0..<shape[inputAxis] {
      let pair = inputAxis == 0 ? channel * shape[1] : channel
      for (y, a) in filter.enumerated() {
        for (x, b) in filter.enumerated() {
          elements[(pair * size + y) * size + x] = channel == 0 ? a * b : 0
        }
      }
    }
    value = Tensor(shape, elements)
  }
}

extension Tensor {
  func map(_ transform: (Float) -> Float) -> Tensor {
    Tensor(shape, elements.map(transform))
  }

  func replacingFirst(with value: Float) -> Tensor {
    var elements = elements
    elements[0] = value
    return Tensor(shape, elements)
  }
}
