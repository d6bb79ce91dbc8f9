import PACAutograd
import PACData
import PACLayers
import PACModels
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
      let scene = SyntheticScene(seed: 0, index: 0, width: size, height: size).render()
      var image = Tensor.uniform([1, 3, size, size], within: 20, using: &random)
      image.add(Tensor([1, 3, size, size], scene.image.bytes.map(Float.init)))
      let operations = 2 * operationsPerClassAndPixel * Double(classes * size * size * steps)
      return Work(usefulOperations: operations) {
        _ = try network.refined(Variable(unary), image: Variable(image))
      }
    }
  }
}
