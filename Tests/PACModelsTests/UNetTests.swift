import PACAutograd
import PACLayers
import PACTensors
import Testing

@testable import PACModels

@Suite struct UNetTests {
  private func image(_ height: Int, _ width: Int, within range: Float = 120) -> Tensor {
    var random = CounterRandom(seed: 2, purpose: .synthetic)
    return .uniform([1, 3, height, width], within: range, using: &random)
  }

  @Test func parametersSayWhereTheyAre() {
    let parameters = UNet(classes: 5, seed: 1).parameters
    let shapes = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.parameter.shape) })
    #expect(shapes["down.0.0.weight"] == [8, 3, 3, 3])
    #expect(shapes["down.4.1.weight"] == [128, 128, 3, 3])
    #expect(shapes["up.3.0.weight"] == [64, 192, 3, 3])
    #expect(shapes["up.0.1.bias"] == [8])
    #expect(shapes["score.weight"] == [5, 8, 1, 1])
    // Two convolutions at each of five scales down and four up, and the scores.
    #expect(shapes.count == 2 * (2 * 5 + 2 * 4 + 1))
    #expect(parameters.reduce(0) { $0 + $1.parameter.shape.count } == 491_173)
  }

  @Test(arguments: [(1, 1), (31, 33), (64, 50)])
  func takesImagesOfAnySize(height: Int, width: Int) throws {
    for name in [
      "unet", "unetfrozen", "unet_crfi1p4d321", "unet_convcrf", "unet_fullcrf", "unet_bclcrf",
    ] {
      let model = try SegmentationModel(SegmentationModelName(name), classes: 5, seed: 1)
      let scores = try model(Variable(image(height, width))).value
      #expect(scores.shape == [1, 5, height, width])
      #expect(scores.elements.allSatisfy { $0.isFinite && abs($0) < 100 })
    }
  }

  @Test func gradientsOfAWholeNetwork() throws {
    let network = UNet(classes: 3, channels: [4, 6, 8], seed: 3)
    let input = image(10, 13, within: 64)
    let labels = (0..<130).map { UInt8($0 / 7 % 3) }
    try checkGradients(of: network.parameters) { tape in
      try crossEntropy(network(Variable(input, tape: tape)), labels: labels)
    }
  }

  @Test func startsFromTheSeedAlone() throws {
    func values(_ seed: UInt64) -> [Float] {
      ParameterSet(UNet(classes: 2, seed: seed).parameters).values.elements
    }
    #expect(values(3) == values(3))
    #expect(values(3) != values(4))
  }

  @Test func dropoutDependsOnItsKeyAlone() throws {
    let network = UNet(classes: 4, channels: [4, 8], seed: 1)
    func scores(_ item: Int?) throws -> [Float] {
      let random = item.map { CounterRandom(seed: 4, purpose: .dropout, epoch: 1, item: $0) }
      return try network(Variable(image(16, 16)), dropout: random).value.elements
    }
    #expect(try scores(3) == scores(3))
    #expect(try scores(3) != scores(4))
    #expect(try scores(3) != scores(nil))
  }
}
