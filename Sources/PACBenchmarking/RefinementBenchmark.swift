import PACAutograd
import PACData
import PACLayers
import PACModels
import PACOptimizers
import PACTensors
import PACTraining

extension BenchmarkCase {
  /// The CRFs that PacCRF is compared with, as in the paper's table of run times: 500×500, 21
  /// classes, 5 steps.
  ///
  /// Unlike PacCRF's, the time of the fully-connected CRF depends on the image: the fewer colours,
  /// the fewer lattice points. A rendered scene takes the place of a photograph, with so much noise
  /// that it has 29,000 lattice points; ten photographs of VOC have 9,000 to 44,000.
  static let refinement: [BenchmarkCase] = [
    // Splat and slice: six corners of each pixel's simplex in five dimensions, three in two; the
    // blur is not counted.
    refinement(
      "fullcrf", "fullcrf",
      "fully-connected CRF inference, lattices included", operationsPerClassAndPixel: 2 * (6 + 3)),
    // Two windows of 11×11 and a matrix of 21×21 at a sixteenth of the pixels.
    refinement(
      "convcrf", "convcrf", "convolutional CRF inference, 11×11, blur 4",
      operationsPerClassAndPixel: 2 * (121 + 21) / 16),
    latticeCRF("bclcrf", size: 500, training: false),
    latticeCRF("bclcrf-train", size: 449, training: true),
    latticeConvolution("lattice-c21-d5", neighborhood: 1, training: false),
    latticeConvolution("lattice-c21-d5-backward", neighborhood: 1, training: true),
    latticeConvolution("lattice-c21-d5-n2", neighborhood: 2, training: false),
  ]

  private static func refinement(
    _ name: String, _ crf: String, _ summary: String, operationsPerClassAndPixel: Double
  ) -> BenchmarkCase {
    let (classes, steps, size) = (21, 5, 500)
    return BenchmarkCase(
      name: name, summary: "\(summary), \(size)×\(size), \(classes) classes, \(steps) steps"
    ) {
      // The backbone does nothing here; the narrow one takes the least memory.
      let network = try SegmentationModel(
        SegmentationModelName("fcn8snarrow_\(crf)"), classes: classes, seed: 1)
      var random = CounterRandom(seed: 0, purpose: .synthetic)
      let unary = Tensor.uniform([1, classes, size, size], within: 2, using: &random)
      let image = noisyScene(size: size, using: &random)
      let operations = 2 * operationsPerClassAndPixel * Double(classes * size * size * steps)
      return Work(usefulOperations: operations) {
        _ = try network.refined(Variable(unary), image: Variable(image))
      }
    }
  }

  private static func noisyScene(size: Int, using random: inout CounterRandom) -> Tensor {
    let scene = SyntheticScene(seed: 0, index: 0, width: size, height: size).render()
    var image = Tensor.uniform([1, 3, size, size], within: 20, using: &random)
    image.add(Tensor([1, 3, size, size], scene.image.bytes.map(Float.init)))
    return image
  }

  /// The features of a BCL-CRF's two terms.
  private static func latticeFeatures(_ image: Tensor) throws -> [Variable] {
    let shape = image.shape
    return [
      try createYXRGB(
        Variable(image), yxScale: Variable(Tensor(scalar: 80)),
        rgbScale: Variable(Tensor(scalar: 13))),
      try createPositionFeatures(
        height: shape.height, width: shape.width, scales: Variable(Tensor(scalar: 3))),
    ]
  }

  /// A BCL-CRF of 5 steps with the default terms, lattices included.
  ///
  /// Its operations are those of splat and slice, and the products of the weights with the lattice
  /// points that exist.
  private static func latticeCRF(_ name: String, size: Int, training: Bool) -> BenchmarkCase {
    let (classes, steps) = (21, 5)
    return BenchmarkCase(
      name: name,
      summary: "BCL-CRF \(training ? "training step with Adam" : "inference"), lattices included, "
        + "\(size)×\(size), \(classes) classes, \(steps) steps"
    ) {
      var random = CounterRandom(seed: 0, purpose: .synthetic)
      let network = try BCLCRF(
        BCLCRFOptions(channels: classes, numSteps: steps), random: &random)
      let parameters = ParameterSet(network.parameters())
      var optimizer = Adam(count: parameters.count)
      let unary = Tensor.uniform([1, classes, size, size], within: 2, using: &random)
      let features = try latticeFeatures(noisyScene(size: size, using: &random))
      let labels = (0..<size * size).map { _ in UInt8(random.integer(below: classes)) }
      let pairs = try features.map { try FeatureLattice($0).neighborPairs }
      let perStep =
        classes * (classes * pairs[0] + pairs[1] + (2 * (6 + 3) + classes) * size * size)
      let passes = Double(training ? 3 * steps - 1 : steps)
      return Work(usefulOperations: 2 * Double(perStep) * passes) {
        let tape = training ? Tape() : nil
        let output = try network(Variable(unary, tape: tape), features: features)
        guard let tape else { return }
        tape.backward(from: try crossEntropy(output, labels: labels))
        optimizer.step(parameters, learningRate: 1e-3)
      }
    }
  }

  /// One filter over position and colour for every pair of 21 channels, on a lattice made
  /// beforehand; only the products with the lattice points that exist count as operations.
  private static func latticeConvolution(
    _ name: String, neighborhood: Int, training: Bool
  ) -> BenchmarkCase {
    let (channels, size) = (21, 500)
    return BenchmarkCase(
      name: name,
      summary: "PermutohedralConv2d \(channels)→\(channels), 5 features, neighbourhood "
        + "\(neighborhood), \(size)×\(size), "
        + (training ? "forward, gradients of input and weight" : "forward")
    ) {
      var random = CounterRandom(seed: 0, purpose: .synthetic)
      let input = Tensor.uniform([1, channels, size, size], within: 1, using: &random)
      let features = try latticeFeatures(noisyScene(size: size, using: &random))
      let lattice = try FeatureLattice(features[0], neighborhood: neighborhood)
      let weight = Tensor.uniform([channels, channels, lattice.taps], within: 1, using: &random)
      let products = channels * channels * lattice.neighborPairs * (training ? 3 : 1)
      return Work(usefulOperations: 2 * Double(products)) {
        let tape = training ? Tape() : nil
        let output = try permutohedralConv2d(
          Variable(input, tape: tape, needsGradient: true), lattice: lattice,
          weight: Variable(weight, tape: tape, needsGradient: true))
        tape?.backward(from: output, gradient: output.value)
      }
    }
  }
}
