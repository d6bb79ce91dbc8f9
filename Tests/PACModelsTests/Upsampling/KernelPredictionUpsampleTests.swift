import PACAutograd
import PACLayers
import PACTensors
import Testing

@testable import PACModels

@Suite struct KernelPredictionUpsampleTests {
  private func network(
    _ factor: Int, _ initialization: Initialization = .published
  ) throws -> any JointUpsampler {
    try UpsamplerName.kernelPredictionUpsample.make(
      factor: factor, initialization: initialization, seed: 1)
  }

  private func count(_ network: any JointUpsampler) -> Int {
    network.parameters.reduce(0) { $0 + $1.parameter.shape.count }
  }

  @Test(arguments: [(2, 145_041), (4, 183_489), (8, 221_937), (16, 260_385)])
  func hasAsManyParametersAsPacJointUpsample(_ factor: Int, _ published: Int) throws {
    let pac = try UpsamplerName.pacJointUpsample().make(factor: factor, seed: 0)
    #expect(count(pac) == published)
    let ours = count(try network(factor))
    #expect(abs(ours - published) < published / 200, "\(ours)")
  }

  @Test func namesItsParameters() throws {
    let parameters = try network(8).parameters
    let names = parameters.map(\.name)
    #expect(names.first == "branch_t.conv1.weight" && names.last == "branch_f.conv2.bias")
    #expect(names.count == 2 * (3 + 3 + 3 + 2))
    let shapes = Dictionary(
      uniqueKeysWithValues: parameters.map { ($0.name, $0.parameter.shape) })
    #expect(shapes["branch_g.conv2.weight"] == [43, 32, 5, 5])
    #expect(shapes["branch_g.conv3.weight"] == [27, 43, 5, 5])
    #expect(shapes["up_convs.2.weight"] == [32, 32, 5, 5])
    #expect(shapes["up_convs.2.bias"] == [32])
  }

  @Test(arguments: [1, 3, 6, 32])
  func refusesOtherFactors(_ factor: Int) {
    #expect {
      try network(factor)
    } throws: {
      "\($0)"
        == "model KernelPredictionUpsample has no factor \(factor); choose 2, 4, 8 or 16"
    }
  }

  @Test func gradients() throws {
    let network = try network(4)
    var random = CounterRandom(seed: 5, purpose: .synthetic)
    let low = Tensor.uniform([1, 2, 3, 4], within: 1, using: &random)
    let guide = Tensor.uniform([1, 3, 12, 16], within: 1, using: &random)
    try checkGradients(of: network.parameters) { tape in
      try network(Variable(low, tape: tape), guide: Variable(guide, tape: tape))
    }
  }

  /// Away from the border the network that starts as interpolation differs from repeated doubling
  /// only through the weights beside the center of its filters.
  @Test(arguments: [2, 4, 8, 16])
  func startsCloseToInterpolation(_ factor: Int) throws {
    let network = try network(factor, .interpolation)
    var random = CounterRandom(seed: 5, purpose: .synthetic)
    let size = 12 * factor
    let guide = Tensor([1, 3, size, size], (0..<3 * size * size).map { _ in random.uniform() })
    #expect(try largestDifferenceFromDoubling(network, guide: guide) < 0.03)
  }
}
