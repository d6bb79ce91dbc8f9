import PACAutograd
import PACData
import PACImageFiles
import PACModels
import PACTensors
import PACTestSupport
import PACTraining
import Testing

@testable import PACSegmentation

/// The published test: the backbone sees a padded image, CRF and metrics the image alone.
@Suite struct SegmentationTestCropTests {
  private static let (height, width, classes, seed) = (40, 48, 6, 3)
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try prepareSynthetic(
      to: folder("data.h5"),
      options: SyntheticOptions(
        kind: .shapes, count: 4, test: .count(2), width: Self.width, height: Self.height, seed: 5))
  }

  private func task(_ model: String, testCrop: Int?) throws -> SegmentationTask {
    var settings = SegmentationSettings()
    settings.network = try SegmentationModelName(model)
    settings.testCrop = testCrop
    var configuration = TrainingConfiguration(settings, tasks: [SegmentationSettings.self])
    configuration.data = folder("data.h5")
    configuration.testSplit = "test"
    configuration.seed = Self.seed
    return try SegmentationTask(configuration, settings).keepingScores()
  }

  private func network(_ model: String) throws -> SegmentationModel {
    try SegmentationModel(
      SegmentationModelName(model), classes: Self.classes, seed: UInt64(Self.seed))
  }

  /// The scores, computed plainly: pad, run the backbone, cut out, run the CRF on the image.
  private func expected(_ model: String, _ image: Tensor, side: Int) throws -> [Float] {
    let network = try network(model)
    let (height, width, given) = (Self.height, Self.width, image.elements)
    var padded = [Float](repeating: 0, count: 3 * side * side)
    for channel in 0..<3 {
      for y in 0..<height {
        for x in 0..<width {
          padded[(channel * side + y) * side + x] = given[(channel * height + y) * width + x]
        }
      }
    }
    let scores = try network.unary(Variable(Tensor([1, 3, side, side], padded))).value.elements
    var own: [Float] = []
    for number in 0..<Self.classes {
      for y in 0..<height {
        let start = (number * side + y) * side
        own += scores[start..<start + width]
      }
    }
    let unary = Tensor([1, Self.classes, height, width], own)
    return try network.refined(Variable(unary), image: Variable(image)).value.elements
  }

  /// Rows of true classes with the columns predicted by the largest score, the first of equal ones.
  private func confusion(_ scores: [Float], _ labels: [UInt8]) -> [Double] {
    var counts = [Double](repeating: 0, count: Self.classes * Self.classes)
    for (pixel, label) in labels.enumerated() where label < Self.classes {
      let own = (0..<Self.classes).map { scores[$0 * labels.count + pixel] }
      let largest = own.max() ?? 0
      counts[Int(label) * Self.classes + (own.firstIndex(of: largest) ?? 0)] += 1
    }
    return counts
  }

  private func written(_ task: SegmentationTask, _ sample: SegmentationSample) throws -> [Float] {
    let row = try task.writePrediction(of: sample, to: folder("out")).split(separator: ",")
    for file in row[1...2] {
      let panels = file.hasPrefix("pictures") ? 3 : 1
      let picture = try PNG.read(folder("out/\(file)"))
      #expect(picture.height == Self.height)
      #expect(picture.width == panels * Self.width + (panels - 1) * SegmentationPicture.gap)
    }
    let scores = try NumPyArray(contentsOf: folder("out/\(row[3])"))
    #expect(scores.shape == [Self.classes, Self.height, Self.width])
    return scores.elements.map(Float.init)
  }

  @Test(arguments: [
    ("fcn8snarrow", 96), ("fcn8snarrow_crfi2p4d321", 96), ("fcn8snarrow_crfi2lp2ds522", 64),
    ("unet_crfi2p4d341", 77), ("unet_fullcrfi2a4-20-30s1-2", 48), ("fcn8snarrow_convcrf", 51),
  ])
  func theBackboneAloneSeesThePadding(_ model: String, side: Int) throws {
    let task = try task(model, testCrop: side)
    let source = try task.testSource()
    try source.checkSizes(isCropped: false)
    for position in 0..<source.count {
      let sample = try source.evaluationSample(at: position)
      #expect(sample.image.shape == [1, 3, Self.height, Self.width])
      #expect(sample.labels.count == Self.height * Self.width)
      #expect(sample.labels.allSatisfy { $0 < Self.classes })
      let expected = try expected(model, sample.image, side: side)
      #expect(try written(task, sample) == expected)
      let figures = try task.figures(of: sample)
      #expect(Array(figures.dropFirst(2)) == confusion(expected, sample.labels))
    }
  }

  @Test func paddingMattersAndIsLeftOutByDefault() throws {
    for model in ["fcn8snarrow_crfi2p4d321", "unet"] {
      let plain = try task(model, testCrop: nil)
      let sample = try plain.testSource().evaluationSample(at: 0)
      let scores = try written(plain, sample)
      #expect(scores == (try network(model)(Variable(sample.image)).value.elements))
      #expect(try written(task(model, testCrop: 96), sample) != scores)
    }
    // A multiple of 32 is what this backbone pads to in any case.
    let (plain, padded) = (
      try task("fcn8snarrow", testCrop: nil), try task("fcn8snarrow", testCrop: 64)
    )
    let sample = try plain.testSource().evaluationSample(at: 1)
    #expect(try written(plain, sample) == written(padded, sample))
  }

  @Test func imagesThatDoNotFitAreRefused() throws {
    let small = try task("fcn8snarrow", testCrop: 47).testSource()
    let problem =
      folder("data.h5") + ", sample shapes_0002: 40 × 48 pixels (rows × columns) do not fit into "
      + "test-crop 47; set it to 48 or more, or to -1 for no padding"
    #expect(message { try small.checkSizes(isCropped: false) } == problem)
    #expect(message { try small.evaluationSample(at: 0) } == problem)
    try small.checkSizes(isCropped: true)
    try task("fcn8snarrow", testCrop: 48).testSource().checkSizes(isCropped: false)
  }
}
