import PACAutograd
import PACLayers
import PACTensors

// Initial values that make a network begin close to bilinear interpolation. They depart from the papers, whose networks
// have no connection that carries input to output and have to learn even the interpolation. Names and shapes stay the same.

extension PacJointUpsample {
  /// Changes the published initial values so that the network begins close to bilinear interpolation, twice as large at a time.
  ///
  /// Channel 0 of every layer starts by handing the map on: the identity in the convolutions, the half-pixel bilinear filter
  /// (¼, ¾, ¾, ¼, 0) in the transposed layers, with zero bias. The guide branch's last layer starts small, so that K is close to 1
  /// everywhere.
  /// - Precondition: the transposed layers' filters are large enough for the bilinear filter.
  func startAsInterpolation() {
    var bilinear = [Float](repeating: 0, count: upsamplingSize)
    for (offset, weight) in zip((-2)..., [0.25, 0.75, 0.75, 0.25] as [Float]) {
      bilinear[upsamplingSize / 2 + offset] = weight
    }
    let lastOfGuide = parameters.last { $0.name.hasPrefix("branch_g") }.map {
      $0.name.split(separator: ".")[1]
    }
    for (name, parameter) in parameters {
      let parts = name.split(separator: ".")
      switch (parts[0], parts[2]) {
      case ("branch_g", _):
        guard parts[1] == lastOfGuide else { continue }
        parameter.value = parameter.value.map { $0 * Self.guideScale }
      case ("up_convts", "weight"): parameter.handOnChannel0(through: bilinear, inputAxis: 0)
      case (_, "weight"): parameter.handOnChannel0()
      default: parameter.value = parameter.value.replacingFirst(with: 0)
      }
    }
  }

  /// The guide's features start this much smaller than published.
  private static var guideScale: Float { 0.1 }
}

extension PacJointUpsampleOptions {
  /// Throws if the transposed layers' filters are too small for the half-pixel bilinear filter.
  func validateInterpolation() throws(ModelError) {
    guard upsamplingSize >= 5 else {
      throw ModelError(
        "model \(UpsamplerName.pacJointUpsample(self)): init interpolation needs transposed filters of 5×5 or more; "
          + "leave out _u\(upsamplingSize) or choose init published")
    }
  }
}

extension DJIF {
  /// Changes the initial values so that the network begins as bilinear interpolation but for two pixels along the border.
  ///
  /// Channel 0 of the target branch and of the joint branch starts as the identity with zero bias.
  func startAsInterpolation() {
    for (name, parameter) in parameters where !name.hasPrefix("branch_g") {
      if name.hasSuffix("weight") {
        parameter.handOnChannel0()
      } else {
        parameter.value = parameter.value.replacingFirst(with: 0)
      }
    }
  }
}

extension Parameter {
  /// Makes output channel 0 of a filter the outer product filter · filterᵀ of input channel 0 alone.
  /// - Parameters:
  ///   - filter: as many taps as the filter has rows; nil for the identity.
  ///   - inputAxis: the axis of the input channels, 0 or 1; the other is that of the output channels.
  fileprivate func handOnChannel0(through filter: [Float]? = nil, inputAxis: Int = 1) {
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
  fileprivate func map(_ transform: (Float) -> Float) -> Tensor {
    Tensor(shape, elements.map(transform))
  }

  fileprivate func replacingFirst(with value: Float) -> Tensor {
    var elements = elements
    elements[0] = value
    return Tensor(shape, elements)
  }
}
