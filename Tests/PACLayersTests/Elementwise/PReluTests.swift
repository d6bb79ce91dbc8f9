import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

@Suite struct PReluTests {
  /// Against loops in double precision, the gradients with a random upstream gradient; no value lies
  /// so near the kink that a difference quotient steps over it.
  @Test(arguments: [Shape([1, 1, 1, 1]), [2, 3, 5, 17], [1, 4, 16, 16]])
  func valuesAndGradients(_ shape: Shape) throws {
    var random = CounterRandom(seed: 11, purpose: .initialisation)
    let values = Tensor.uniform(shape, within: 1, using: &random).elements
    let input = Tensor(shape, values.map { abs($0) < 0.01 ? -0.02 : $0 })
    let slopes = Tensor.uniform([shape.channels], within: 1, using: &random)
    try expectAgreement([input, slopes], seed: 12) {
      try prelu($0[0], slopes: $0[1])
    } reference: { arrays in
      arrays[0].enumerated().map { i, x in
        x > 0 ? x : arrays[1][i / shape.pixels % shape.channels] * x
      }
    }
  }

  @Test func layerStartsAsPyTorchs() throws {
    let layer = PRelu(channels: 2)
    let output = try layer(Variable(Tensor([1, 2, 1, 2], [-4, 1, -2, 0])))
    #expect(output.value.elements == [-1, 1, -0.5, 0])
    #expect(layer.parameters("act").map(\.name) == ["act.weight"])
  }

  @Test func errors() {
    #expect(throws: LayerError.self) {
      try prelu(Variable(.zeros([1, 2, 3, 3])), slopes: Variable(.zeros([3])))
    }
  }
}
