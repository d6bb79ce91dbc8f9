import PACAutograd
import PACLayers
import PACTensors

// Initial values that make a network start close to bilinear interpolation. This departs from the
// papers, whose networks have no skip connection from input to output and must learn even the
// interpolation. Names and shapes are the same.

extension Parameter {
  /// Makes output channel 0 depend on one input channel alone, through the outer product filter ·
  /// filterᵀ.
  /// - Parameters:
  ///   - source: the input channel.
  ///   - filter: as many taps as the weight has rows; nil for the identity.
  ///   - inputAxis: the axis of the input channels, 0 or 1; the other one is that of the output
  ///     channels.
  func passThroughChannel0(
    from source: Int = 0, through filter: [Float]? = nil, inputAxis: Int = 1
  ) {
    let size = shape[2]
    let filter = filter ?? (0..<size).map { $0 == size / 2 ? 1 : 0 }
    var elements = value.elements
    for channel in 0..<shape[inputAxis] {
      let pair = inputAxis == 0 ? channel * shape[1] : channel
      for (y, a) in filter.enumerated() {
        for (x, b) in filter.enumerated() {
          elements[(pair * size + y) * size + x] = channel == source ? a * b : 0
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
