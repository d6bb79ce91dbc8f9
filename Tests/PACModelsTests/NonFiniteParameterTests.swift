import PACAutograd
import PACTensors
import Testing

@testable import PACModels

/// A parameter that is NaN makes the output NaN, as in PyTorch: no layer of a network hides it.
@Suite struct NonFiniteParameterTests {
  @Test(arguments: [
    "PacJointUpsample", "PacJointUpsampleLite", "KernelPredictionUpsample", "DJIF", "DJFR", "DMSG",
  ])
  func upsampling(_ text: String) throws {
    let network = try UpsamplerName(text).make(factor: 4, seed: 3)
    var random = CounterRandom(seed: 8, purpose: .synthetic)
    let low = Variable(.uniform([1, 1, 8, 8], within: 1, using: &random))
    let guide = Variable(.uniform([1, 3, 32, 32], within: 1, using: &random))
    try expectNaN(from: network.parameters) { try network(low, guide: guide).value }
  }

  @Test(arguments: ["fcn8snarrow", "fcn8snarrow_crf", "unet", "fcn8snarrow_convcrf"])
  func segmentation(_ text: String) throws {
    let model = try SegmentationModel(SegmentationModelName(text), classes: 3, seed: 1)
    var random = CounterRandom(seed: 2, purpose: .synthetic)
    let image = Variable(.uniform([1, 3, 32, 32], within: 120, using: &random))
    try expectNaN(from: model.parameters) {
      try model.refined(model.unary(image).framed(height: 32, width: 32), image: image).value
    }
  }

  private func expectNaN(
    from parameters: [(name: String, parameter: Parameter)], output: () throws -> Tensor
  ) throws {
    #expect(!parameters.isEmpty)
    #expect(try output().elements.allSatisfy(\.isFinite))
    for (name, parameter) in parameters {
      let value = parameter.value
      parameter.value = Tensor(repeating: .nan, value.shape)
      #expect(try output().elements.contains(where: \.isNaN), "\(name)")
      parameter.value = value
    }
  }
}
