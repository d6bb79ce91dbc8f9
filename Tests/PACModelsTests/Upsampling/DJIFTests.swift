import PACAutograd
import PACLayers
import PACTensors
import Testing

@testable import PACModels

@Suite struct DJIFTests {
  @Test func hasThePublishedParameters() throws {
    let network = try UpsamplerName.djif.make(factor: 8, seed: 0)
    let shapes = Dictionary(
      uniqueKeysWithValues: network.parameters.map { ($0.name, $0.parameter.shape) })
    #expect(shapes.count == 18)
    #expect(shapes["branch_t.0.weight"] == [96, 1, 9, 9])
    #expect(shapes["branch_g.0.weight"] == [96, 3, 9, 9])
    #expect(shapes["branch_g.4.bias"] == [1])
    #expect(shapes["branch_joint.0.weight"] == [64, 2, 9, 9])
    #expect(shapes["branch_joint.4.weight"] == [1, 32, 5, 5])
    let wide = try UpsamplerName.djifWide.make(factor: 8, seed: 0)
    #expect(wide.parameters.first?.parameter.shape == [256, 1, 9, 9])
  }

  @Test func startsAsInterpolation() throws {
    let network = try UpsamplerName.djif.make(factor: 4, initialization: .interpolation, seed: 1)
    var random = CounterRandom(seed: 5, purpose: .initialisation)
    let low = Tensor([1, 2, 6, 7], (0..<84).map { _ in random.uniform() })
    let guide = Tensor.uniform([1, 3, 24, 28], within: 1, using: &random)
    let ours = try network(Variable(low), guide: Variable(guide)).value.elements
    let expected = try Bilinear(factor: 4)(Variable(low), guide: Variable(guide)).value.elements
    for i in ours.indices where (2..<22).contains(i / 28 % 24) && (2..<26).contains(i % 28) {
      #expect(abs(ours[i] - expected[i]) < 1e-5)
    }
  }

  /// DJFR is DJIF's network beside bilinear interpolation.
  @Test func skipConnection() throws {
    let (plain, skipping) = (
      try UpsamplerName.djif.make(factor: 4, seed: 1),
      try UpsamplerName.djfr.make(factor: 4, seed: 1)
    )
    #expect(plain.parameters.map(\.name) == skipping.parameters.map(\.name))
    #expect(
      plain.parameters.map(\.parameter.value.elements)
        == skipping.parameters.map(\.parameter.value.elements))
    var random = CounterRandom(seed: 5, purpose: .initialisation)
    let low = Variable(Tensor.uniform([2, 2, 6, 7], within: 1, using: &random))
    let guide = Variable(Tensor.uniform([2, 3, 24, 28], within: 1, using: &random))
    let upsampled = try Bilinear(factor: 4)(low, guide: guide)
    let difference = try plain(low, guide: guide)
    #expect(
      try skipping(low, guide: guide).value.elements == (upsampled + difference).value.elements)
    let start = try UpsamplerName.djfr.make(factor: 4, initialization: .interpolation, seed: 1)
    #expect(try start(low, guide: guide).value.elements == upsampled.value.elements)
  }
}
