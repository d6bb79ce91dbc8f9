import PACAutograd
import PACLayers
import PACTensors
import Testing

@testable import PACModels

@Suite struct DMSGTests {
  private func network(
    _ factor: Int, _ initialization: Initialization = .published
  ) throws -> any JointUpsampler {
    try UpsamplerName.dmsg.make(factor: factor, initialization: initialization, seed: 6)
  }

  private func samples(
    _ factor: Int, channels: Int = 1, height: Int = 5, width: Int = 6
  ) -> (low: Tensor, guide: Tensor) {
    var random = CounterRandom(seed: 17, purpose: .synthetic)
    return (
      .uniform([1, channels, height, width], within: 1, using: &random),
      .uniform([1, 3, height * factor, width * factor], within: 1, using: &random)
    )
  }

  /// As many as the released networks have, with a PReLU's slope for each channel.
  @Test(arguments: [(2, 198_148), (4, 326_404), (8, 454_660), (16, 582_916)])
  func hasThePublishedParameters(_ factor: Int, _ count: Int) throws {
    let parameters = try network(factor).parameters
    #expect(parameters.reduce(0) { $0 + $1.parameter.shape.count } == count)
    let names = parameters.map(\.name)
    #expect(Set(names).count == names.count)
    let m = factor.trailingZeroBitCount
    let layers =
      (1...m + 1).map { "conv\($0)_y" } + ["conv1_d"]
      + (2...m + 1).flatMap { ["deconv\($0)_d", "conv\($0)a_d", "conv\($0)b_d"] }
      + ["conv\(m + 1)c_d"]
    #expect(
      names == layers.flatMap { ["\($0).weight", "\($0).bias", "\($0).slope"] }
        + ["conv\(m + 2)_d.weight", "conv\(m + 2)_d.bias"])
    let shapes = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.parameter.shape) })
    #expect(shapes["conv1_y.weight"] == [49, 1, 7, 7])
    #expect(shapes["conv2_y.weight"] == [32, 49, 5, 5])
    #expect(shapes["conv1_d.slope"] == [64])
    #expect(shapes["deconv2_d.weight"] == [64, 32, 5, 5])
    #expect(shapes["conv2a_d.weight"] == [32, 64, 5, 5])
    #expect(shapes["conv\(m + 2)_d.weight"] == [1, 32, 5, 5])
  }

  @Test func initialValues() throws {
    for (name, parameter) in try network(8).parameters {
      let values = parameter.value.elements
      let shape = parameter.shape
      if name.hasSuffix("bias") {
        #expect(values.allSatisfy { $0 == 0 }, "\(name)")
      } else if name.hasSuffix("slope") {
        #expect(values.allSatisfy { $0 == 0.25 }, "\(name)")
      } else {
        // Inputs that meet in an output: of a transposed convolution's taps a quarter.
        let isTransposed = name.hasPrefix("deconv")
        let fanIn = Double((isTransposed ? shape[0] : 4 * shape[1]) * shape[2] * shape[3]) / 4
        let expected = 2 / fanIn * (name.hasPrefix("conv5_d") ? 0.01 : 1)
        let variance = values.reduce(0) { $0 + Double($1) * Double($1) } / Double(values.count)
        // Four standard deviations of the variance of so many normal numbers.
        #expect(
          abs(variance / expected - 1) < 4 * (2 / Double(values.count)).squareRoot(), "\(name)")
      }
    }
  }

  /// Features of both branches are well away from 0.
  @Test(arguments: [2, 4])
  func gradients(_ factor: Int) throws {
    let network = try network(factor)
    let (low, guide) = samples(factor, channels: 2, height: 3, width: 2)
    try checkGradients(of: network.parameters) { tape in
      try network(Variable(low, tape: tape), guide: Variable(guide, tape: tape))
    }
  }

  /// Without the network's details what is left is the smoothed map, whatever the guide is.
  @Test(arguments: [2, 4, 8, 16])
  func addsDetailsToTheSmoothedMap(_ factor: Int) throws {
    let network = try network(factor)
    let last = "conv\(factor.trailingZeroBitCount + 2)_d"
    for (name, parameter) in network.parameters where name.hasPrefix(last) {
      parameter.value = .zeros(parameter.shape)
    }
    let (low, guide) = samples(factor, channels: 2)
    let map = try network(Variable(low), guide: Variable(guide)).value
    let smooth = upsampleBicubic(
      localMean(Variable(low), size: 3), factor: factor, border: .mirrored
    ).value
    #expect(map.shape == [1, 2, 5 * factor, 6 * factor])
    #expect(map.elements == smooth.elements)
  }

  /// A guide that is brighter and of less contrast is the same guide; one of a single color is none.
  @Test func guidesHaveNoBrightnessOfTheirOwn() throws {
    let network = try network(4)
    let (low, guide) = samples(4)
    func map(_ guide: Tensor) throws -> [Float] {
      try network(Variable(low), guide: Variable(guide)).value.elements
    }
    let dimmed = Tensor(guide.shape, guide.elements.map { 0.25 * $0 + 0.5 })
    for (a, b) in zip(try map(guide), try map(dimmed)) { #expect(abs(a - b) < 1e-4) }
    #expect(
      try map(Tensor(repeating: 0.3, guide.shape)) == map(Tensor(repeating: 0.9, guide.shape)))
    #expect(try map(guide) != map(Tensor(repeating: 0.3, guide.shape)))
  }

  /// The share of the output's pixels at which a layer is applied, for its operations.
  @Test func layersWorkAtTheirScales() throws {
    let expected = [
      "conv1_y": 1, "conv2_y": 1, "conv3_y": 1, "conv4_y": 0.25, "conv1_d": 1.0 / 64,
      "deconv2_d": 1.0 / 64, "conv2a_d": 1.0 / 16, "conv2b_d": 1.0 / 16, "deconv3_d": 1.0 / 16,
      "conv3a_d": 0.25, "conv3b_d": 0.25, "deconv4_d": 0.25, "conv4a_d": 1, "conv4b_d": 1,
      "conv4c_d": 1, "conv5_d": 1,
    ]
    let network = try network(8)
    let layers = Set(network.parameters.map { String($0.name.prefix { $0 != "." }) })
    #expect(layers == Set(expected.keys))
    for (layer, share) in expected {
      #expect(network.pixelShare(ofParameter: "\(layer).weight") == share, "\(layer)")
    }
  }

  @Test func mapsAsSmallAsOnePixel() throws {
    for factor in [2, 4, 8, 16] {
      let (low, guide) = samples(factor, height: 1, width: 1)
      let network = try network(factor)
      let map = try network(Variable(low), guide: Variable(guide)).value
      #expect(map.shape == [1, 1, factor, factor])
      #expect(map.elements.allSatisfy { $0.isFinite })
    }
  }

  /// Away from the border the network then interpolates the details linearly, low-resolution pixel
  /// i lying at factor · i + factor / 2 − 1.
  @Test(arguments: [2, 4, 8, 16])
  func startsCloseToInterpolation(_ factor: Int) throws {
    let network = try network(factor, .interpolation)
    let (low, guide) = samples(factor, height: 8, width: 8)
    let map = try network(Variable(low), guide: Variable(guide)).value.elements
    let smooth = localMean(Variable(low), size: 3)
    let details = (Variable(low) - smooth).value.elements
    let base = upsampleBicubic(smooth, factor: factor, border: .mirrored).value.elements
    func place(_ pixel: Int) -> (first: Int, weight: Float) {
      let position = pixel - (factor / 2 - 1)
      return (position / factor, Float(position % factor) / Float(factor))
    }
    let size = 8 * factor
    for y in factor..<7 * factor {
      for x in factor..<7 * factor {
        let ((i, v), (j, u)) = (place(y), place(x))
        func row(_ i: Int) -> Float { (1 - u) * details[i * 8 + j] + u * details[i * 8 + j + 1] }
        let expected = base[y * size + x] + (1 - v) * row(i) + v * row(i + 1)
        #expect(abs(map[y * size + x] - expected) < 1e-5, "row \(y), column \(x)")
      }
    }
  }
}
