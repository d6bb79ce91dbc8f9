import Foundation
import PACTensors

/// How the weights of a PAC layer start, by the published names.
public enum PacFiller: String, Sendable, CaseIterable {
  /// Weight and bias uniformly in ±1/√(in/groups·kh·kw), times `in` with shared filters.
  case uniform
  /// Bilinear interpolation from each channel to itself, zero bias; for the transposed layer.
  case linear
  /// A Gaussian of σ = k/4 without its centre between different channels, as a CRF's message
  /// starts; zero bias.
  ///
  /// Normalised to a sum of kh·kw before the centre is set to 0. Shared filters take it as it is;
  /// with groups, it lies between the channels of a group.
  case crf
  /// `crf` plus uniform numbers in ±0.0005.
  case crfPerturbed = "crf_perturbed"
  /// Ones but 0 at the centre, constant: the weight is no parameter; zero bias.
  case crfPool = "crf_pool"

  /// The largest number that a perturbed start adds.
  static let perturbation: Float = 0.0005
}

/// The extents that initial values depend on.
struct PacWeightLayout {
  let layer: String
  let inputChannels: Int
  let outputChannels: Int
  let window: PacWindow
  let groups: Int
  let transposed: Bool
  let sharedFilters: Bool

  var shape: Shape {
    let (rows, columns) = (window.kernelSize.height, window.kernelSize.width)
    if sharedFilters { return [1, 1, rows, columns] }
    return transposed
      ? [inputChannels, outputChannels / groups, rows, columns]
      : [outputChannels, inputChannels / groups, rows, columns]
  }

  /// Throws unless the channels and the filler fit each other and the kind of layer.
  func validate(_ filler: PacFiller) throws {
    try require(inputChannels, atLeast: 1, layer, "inputChannels")
    try require(outputChannels, atLeast: 1, layer, "outputChannels")
    try validateGroups(
      groups, layer, inputs: inputChannels, outputs: outputChannels, sharedFilters: sharedFilters)
    let reason = sharedFilters ? "shared filters" : "filler \(filler.rawValue)"
    guard inputChannels == outputChannels || !sharedFilters && filler == .uniform else {
      throw LayerError(
        layer, "outputChannels", given: "\(outputChannels)",
        allowed: "\(inputChannels), as many as inputChannels, with \(reason)")
    }
    guard filler == .linear else { return }
    guard transposed else {
      throw LayerError(
        layer, "filler", given: "linear",
        allowed: "uniform, crf, crf_perturbed, crf_pool; linear is for PacConvTranspose2d")
    }
    let least = Pair(2 * window.stride.height - 1, 2 * window.stride.width - 1)
    guard window.kernelSize.height >= least.height, window.kernelSize.width >= least.width else {
      throw LayerError(
        layer, "kernelSize", given: "\(window.kernelSize)",
        allowed: "\(least) and more with filler linear and stride \(window.stride)")
    }
  }

  /// Draws or computes weight and bias.
  func initialValues(
    _ filler: PacFiller, random: inout CounterRandom
  ) -> (weight: Tensor, bias: Tensor) {
    let noBias = Tensor.zeros([outputChannels])
    switch filler {
    case .uniform:
      let taps = window.kernelSize.height * window.kernelSize.width
      var bound = 1 / Float(inputChannels / groups * taps).squareRoot()
      if sharedFilters { bound *= Float(inputChannels) }
      return (
        .uniform(shape, within: bound, using: &random),
        .uniform([outputChannels], within: bound, using: &random)
      )
    case .linear: return (pairs(interpolation, sameChannel: true), noBias)
    case .crf: return (pairs(gaussian, sameChannel: false), noBias)
    case .crfPerturbed:
      var weight = pairs(gaussian, sameChannel: false)
      weight.add(.uniform(shape, within: PacFiller.perturbation, using: &random))
      return (weight, noBias)
    case .crfPool:
      var filter = [Float](repeating: 1, count: window.kernelSize.height * window.kernelSize.width)
      filter[filter.count / 2] = 0
      return (pairs(filter, sameChannel: nil), noBias)
    }
  }

  /// `filter` between every channel and itself, or every other one, or (nil) all of its group; zeros
  /// elsewhere.
  private func pairs(_ filter: [Float], sameChannel: Bool?) -> Tensor {
    let columns = shape[1]
    return Tensor(
      shape,
      (0..<shape[0] * columns).flatMap { pair in
        let (row, column) = (pair / columns, pair % columns)
        // Rows count the channels of all groups, columns those of one.
        let isSame = row % columns == column
        let wanted = sharedFilters || sameChannel.map { $0 == isSame } ?? true
        return wanted ? filter : [Float](repeating: 0, count: filter.count)
      })
  }

  private var interpolation: [Float] {
    func triangle(_ size: Int, _ stride: Int) -> [Double] {
      (0..<size).map { max(0, 1 - abs(Double($0 - size / 2)) / Double(stride)) }
    }
    return outer(
      triangle(window.kernelSize.height, window.stride.height),
      triangle(window.kernelSize.width, window.stride.width))
  }

  private var gaussian: [Float] {
    func bell(_ size: Int) -> [Double] {
      let values = (0..<size).map { tap in
        let distance = Double(tap - size / 2) / (Double(size) / 4)
        return exp(-0.5 * distance * distance)
      }
      let sum = values.reduce(0, +)
      return values.map { $0 / sum * Double(size) }
    }
    var filter = outer(bell(window.kernelSize.height), bell(window.kernelSize.width))
    filter[filter.count / 2] = 0
    return filter
  }

  private func outer(_ rows: [Double], _ columns: [Double]) -> [Float] {
    rows.flatMap { a in columns.map { Float(a * $0) } }
  }
}
