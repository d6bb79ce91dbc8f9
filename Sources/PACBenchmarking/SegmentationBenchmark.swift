import PACAutograd
import PACLayers
import PACModels
import PACOptimizers
import PACTensors

extension BenchmarkCase {
  /// The backbones on a whole image, and training steps with a 449×449 crop and one sample.
  ///
  /// `fcn8s` is the case that is compared with the reference.
  static let segmentation: [BenchmarkCase] = [
    inference("fcn8s-inference", "fcn8s", size: 500),
    inference("fcn8saltpad-inference", "fcn8saltpad", size: 500),
    inference("fcn8spac-inference", "fcn8spac", size: 500),
    trainingStep("fcn8s", "fcn8s", adam: false),
    trainingStep("fcn8s-adam", "fcn8s", adam: true),
    trainingStep("fcn8s-crf16-64", "fcn8s_crfi5p4d5641p4d5161", adam: false),
    trainingStep("fcn8s-crf16-64-adam", "fcn8s_crfi5p4d5641p4d5161", adam: true),
    trainingStep("fcn8spac", "fcn8spac", adam: false),
  ]

  private static func trainingStep(
    _ name: String, _ model: String, adam: Bool
  ) -> BenchmarkCase {
    BenchmarkCase(
      name: name,
      summary: "training step of \(model), 449×449 crop, one sample, \(adam ? "Adam" : "SGD")"
    ) {
      let size = 449
      let network = try SegmentationModel(SegmentationModelName(model), seed: 1)
      let operations = operations(of: network, size: size) { $0 == "conv1_1.weight" ? 2 : 3 }
      let parameters = ParameterSet(network.parameters)
      var optimizer: any Optimizer =
        adam ? Adam(count: parameters.count) : SGD(count: parameters.count, momentum: 0)
      var random = CounterRandom(seed: 0, purpose: .synthetic)
      let image = Tensor.uniform([1, 3, size, size], within: 100, using: &random)
      let labels = (0..<size * size).map { _ in UInt8(random.integer(below: network.classes)) }
      return Work(usefulOperations: operations) {
        let tape = Tape()
        let scores = try network(Variable(image, tape: tape))
        tape.backward(from: try crossEntropy(scores, labels: labels))
        optimizer.step(parameters, learningRate: 1e-7)
      }
    }
  }

  private static func inference(_ name: String, _ model: String, size: Int) -> BenchmarkCase {
    BenchmarkCase(name: name, summary: "inference by \(model), \(size)×\(size), one image") {
      let network = try SegmentationModel(SegmentationModelName(model), seed: 1)
      var random = CounterRandom(seed: 0, purpose: .synthetic)
      let image = Tensor.uniform([1, 3, size, size], within: 100, using: &random)
      return Work(usefulOperations: operations(of: network, size: size) { _ in 1 }) {
        _ = try network(Variable(image))
      }
    }
  }

  /// The number of operations of a network.
  /// - Parameters:
  ///   - model: the network.
  ///   - size: width and height of the image.
  ///   - passes: how often a weight, given by its name, is applied at each pixel: once in the
  ///     forward pass; in training once more for its own gradient and, except for the layer that
  ///     reads the image, once for the gradient of the layer's input.
  /// - Returns: the number of operations.
  private static func operations(
    of model: SegmentationModel, size: Int, passes: (String) -> Double
  ) -> Double {
    let isClassic = model.name.backbone == .fcn8s(.classic)
    func halved(_ extent: Int, _ times: Int) -> Int {
      times == 0 ? extent : halved((extent + 1) / 2, times - 1)
    }
    let first = isClassic ? size + 198 : (size + 31) / 32 * 32
    return model.parameters.reduce(0) { sum, entry in
      let shape = entry.parameter.shape
      guard shape.rank == 4 else { return sum }
      let name = entry.name
      var extent = size
      if name.hasPrefix("conv"), let block = name.dropFirst(4).first?.wholeNumberValue {
        extent = halved(first, block - 1)
      } else if name.hasPrefix("fc") || name.hasPrefix("score_fr") {
        extent = halved(first, 5) - (isClassic ? 6 : 0)
      } else if name.hasPrefix("score_pool") || name.hasPrefix("upscore") {
        // Only 0.05 % of the total.
        return sum
      } else if name.hasPrefix("crf") {
        // Five steps; the backbone's scores take part in all of them.
        return sum + 2 * Double(shape.count) * Double(size * size) * passes(name) * 5
      }
      return sum + 2 * Double(shape.count) * Double(extent * extent) * passes(name)
    }
  }
}
