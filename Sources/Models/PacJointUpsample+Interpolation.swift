import Autograd
import Layers
import Tensors

extension PacJointUpsample {
  /// Changes the published initial values so that the network begins close to bilinear interpolation, twice as large at a time.
  ///
  /// This departs from the paper, whose network has no connection that carries its input to its output and has
  /// to learn even the interpolation. Channel 0 of every layer starts by handing the map on: the identity in the
  /// convolutions, the half-pixel bilinear filter (¼, ¾, ¾, ¼, 0) in the transposed layers, with zero bias. The guide branch's last
  /// layer starts small, so that K is close to 1 everywhere. Names and shapes stay the same.
  func startAsInterpolation() {
    let bilinear: [Float] = [0.25, 0.75, 0.75, 0.25, 0]
    let identity: [Float] = [0, 0, 1, 0, 0]
    for (name, parameter) in parameters {
      let parts = name.split(separator: ".")
      guard let branch = parts.first, let kind = parts.last else { continue }
      switch (branch, kind) {
      case ("branch_g", _):
        guard parts[1] == "conv3" else { continue }
        parameter.value = parameter.value.map { $0 * Self.guideScale }
      case ("up_convts", "weight"): handOnChannel0(parameter, through: bilinear, transposed: true)
      case (_, "weight"): handOnChannel0(parameter, through: identity, transposed: false)
      default: parameter.value = parameter.value.replacingFirst(with: 0)
      }
    }
  }

  /// The guide's features start this much smaller than published.
  private static var guideScale: Float { 0.1 }

  /// Makes output channel 0 the outer product filter · filterᵀ of input channel 0 alone.
  private func handOnChannel0(_ weight: Parameter, through filter: [Float], transposed: Bool) {
    let shape = weight.shape
    let (inputs, outputs) = transposed ? (shape[0], shape[1]) : (shape[1], shape[0])
    var elements = weight.value.elements
    for channel in 0..<inputs {
      let pair = transposed ? channel * outputs : channel
      for (y, a) in filter.enumerated() {
        for (x, b) in filter.enumerated() {
          elements[(pair * filter.count + y) * filter.count + x] = channel == 0 ? a * b : 0
        }
      }
    }
    weight.value = Tensor(shape, elements)
  }
}

extension Tensor {
  fileprivate func map(_ transform: (Float) -> Float) -> Tensor {
    Tensor(shape, elements.map(transform))
  }

  fileprivate func replacingFirst(with value: Float) -> Tensor {
    var elements = elements
    elements[0] = value
    return Tensor(shape, elements)
  }
}
