import Foundation
import PACAutograd
import PACLayers
import PACTensors
import Testing

/// The examples of the layers' documentation, line by line, compiled and run.
@Suite struct DocumentationExamples {
  private var start: CounterRandom { CounterRandom(seed: 51, purpose: .initialisation) }

  @Test func packernel2dExample() throws {
    var random = start
    let guide = Variable(.uniform([1, 3, 6, 8], within: 1, using: &random))
    let window = PacWindow(kernelSize: 3, padding: 1)
    let (kernel, _) = try packernel2d(guide, window: window)
    #expect(kernel.value.shape == [1, 1, 3, 3, 6, 8])
  }

  @Test func fullyConnectedCRFExample() throws {
    var random = start
    let crf = try FullyConnectedCRF(FullyConnectedCRFOptions(appearanceDistance: 20))
    let unary = Variable(.uniform([1, 4, 11, 13], within: 1, using: &random))
    let image = Variable(.uniform([1, 3, 11, 13], within: 128, using: &random))
    let output = try crf(unary, image: image)
    #expect(output.value.shape == [1, 4, 11, 13])
  }

  @Test func featureLatticeExample() throws {
    var random = start
    let image = Variable(.uniform([1, 3, 6, 8], within: 2, using: &random))
    let lattice = try FeatureLattice(image)
    let weight = Variable(.uniform([4, 3, lattice.taps], within: 0.2, using: &random))
    let first = try permutohedralConv2d(image, lattice: lattice, weight: weight)
    let mixing = Variable(.uniform([2, 4, lattice.taps], within: 0.2, using: &random))
    let second = try permutohedralConv2d(first, lattice: lattice, weight: mixing)
    #expect(second.value.shape == [1, 2, 6, 8])
  }

  @Test func permutohedralConv2dExample() throws {
    var random = start
    let image = Variable(.uniform([1, 3, 6, 8], within: 2, using: &random))
    let lattice = try FeatureLattice(image, neighborhood: 1)
    let weight = Variable(.uniform([4, 3, lattice.taps], within: 0.2, using: &random))
    let output = try permutohedralConv2d(image, lattice: lattice, weight: weight)
    #expect(output.value.shape == [1, 4, 6, 8])
  }

  @Test func permutohedralConv2dLayerExample() throws {
    var random = start
    let layer = try PermutohedralConv2d(
      inputChannels: 4, outputChannels: 2, featureChannels: 5, filler: .normal, random: &random)
    let scores = Variable(.uniform([1, 4, 9, 12], within: 1, using: &random))
    let image = Variable(.uniform([1, 3, 9, 12], within: 128, using: &random))
    let features = try createYXRGB(
      image, yxScale: Variable(Tensor(scalar: 5)), rgbScale: Variable(Tensor(scalar: 30)))
    let output = try layer(scores, features: features)
    #expect(output.value.shape == [1, 2, 9, 12])
  }

  @Test func bclCRFLayerExample() throws {
    var random = start
    let crf = try BCLCRF(BCLCRFOptions(channels: 4), random: &random)
    let unary = Variable(.uniform([1, 4, 11, 13], within: 1, using: &random))
    let image = Variable(.uniform([1, 3, 11, 13], within: 128, using: &random))
    let appearance = try createYXRGB(
      image, yxScale: Variable(Tensor(scalar: 80)), rgbScale: Variable(Tensor(scalar: 13)))
    let position = try createPositionFeatures(
      height: 11, width: 13, scales: Variable(Tensor(scalar: 3)))
    let output = try crf(unary, features: [appearance, position])
    #expect(output.value.shape == [1, 4, 11, 13])
  }

  @Test func createPositionFeaturesExample() throws {
    let scales = Parameter(Tensor([2], [80, 80]))
    let features = try createPositionFeatures(height: 4, width: 5, scales: scales.variable(on: nil))
    #expect(features.value.shape == [1, 2, 4, 5])
  }

  @Test func createYXRGBExample() throws {
    var random = start
    let image = Variable(.uniform([1, 3, 4, 5], within: 128, using: &random))
    let features = try createYXRGB(
      image, yxScale: Variable(Tensor(scalar: 80)), rgbScale: Variable(Tensor(scalar: 13)))
    #expect(features.value.shape == [1, 5, 4, 5])
  }

  @Test func learnedScaleLayerExample() throws {
    var random = start
    let scale = LearnedScale(channels: 3)
    let image = Variable(.uniform([1, 3, 4, 5], within: 128, using: &random), tape: Tape())
    let features = try scale(image)
    #expect(features.needsGradient)
  }

  @Test func pacCRFLayerExample() throws {
    var random = start
    let crf = try PacCRF(
      PacCRFOptions(
        channels: 4, numSteps: 5,
        pairwiseKernels: [
          PairwiseKernel(kernelSize: 5, dilation: 4),
          PairwiseKernel(kernelSize: 3, blur: 2, compatType: .potts, spatialFilter: false),
        ]),
      random: &random)
    let unary = Variable(.uniform([1, 4, 11, 13], within: 1, using: &random))
    let image = Variable(.uniform([1, 3, 11, 13], within: 128, using: &random))
    let colours = try LearnedScale(channels: 3)(image)
    let output = try crf(unary, features: [colours, try createYXRGB(image)])
    #expect(output.value.shape == [1, 4, 11, 13])
  }

  @Test func namedPairwiseKernelsExample() throws {
    var random = start
    let crf = try PacCRF(
      PacCRFOptions(
        channels: 4, numSteps: 5,
        pairwiseKernels: [
          PairwiseKernel(name: "appearance", kernelSize: 5, dilation: 4),
          PairwiseKernel(name: "smoothness", compatType: .potts),
        ]),
      random: &random)
    let unary = Variable(.uniform([1, 4, 11, 13], within: 1, using: &random))
    let image = Variable(.uniform([1, 3, 11, 13], within: 128, using: &random))
    let output = try crf(
      unary,
      features: [
        "appearance": try LearnedScale(channels: 3)(image),
        "smoothness": try createPositionFeatures(height: 11, width: 13),
      ])
    #expect(output.value.shape == [1, 4, 11, 13])
  }

  @Test func pacCRFLooseLayerExample() throws {
    var random = start
    let options = PacCRFOptions(
      channels: 4, numSteps: 3, pairwiseKernels: [PairwiseKernel(kernelSize: 3, dilation: 2)])
    let shared = try PacCRF(options, random: &random)
    let loose = try PacCRFLoose(options, random: &random)
    try loose.load(
      Dictionary(uniqueKeysWithValues: shared.parameters().map { ($0.name, $0.parameter.value) }))
    let unary = Variable(.uniform([1, 4, 8, 9], within: 1, using: &random))
    let image = Variable(.uniform([1, 3, 8, 9], within: 1, using: &random))
    let output = try loose(unary, features: [image])
    #expect(output.value.elements == (try shared(unary, features: [image])).value.elements)
  }

  @Test func pacConv2dLayerExample() throws {
    var random = start
    let layer = try PacConv2d(
      inputChannels: 16, outputChannels: 8,
      window: PacWindow(kernelSize: 5, padding: 4, dilation: 2), random: &random)
    let features = Variable(.uniform([1, 16, 12, 14], within: 1, using: &random))
    let image = Variable(.uniform([1, 3, 12, 14], within: 1, using: &random))
    let output = try layer(features, guide: image)
    #expect(output.value.shape == [1, 8, 12, 14])
  }

  @Test func depthwiseLayerExample() throws {
    var random = start
    let depthwise = try PacConv2d(
      inputChannels: 16, outputChannels: 16, window: PacWindow(kernelSize: 3, padding: 1),
      groups: 16, random: &random)
    let features = Variable(.uniform([1, 16, 12, 14], within: 1, using: &random))
    let image = Variable(.uniform([1, 3, 12, 14], within: 1, using: &random))
    let output = try depthwise(features, guide: image)
    #expect(depthwise.weight.shape == [16, 1, 3, 3])
    #expect(output.value.shape == [1, 16, 12, 14])
  }

  @Test func pacConvTranspose2dLayerExample() throws {
    var random = start
    let layer = try PacConvTranspose2d(
      inputChannels: 8, outputChannels: 4,
      window: PacWindow(kernelSize: 5, stride: 2, padding: 2, outputPadding: 1), random: &random)
    let low = Variable(.uniform([1, 8, 6, 7], within: 1, using: &random))
    let image = Variable(.uniform([1, 3, 12, 14], within: 1, using: &random))
    let output = try layer(low, guide: image, activation: .rectified)
    #expect(output.value.shape == [1, 4, 12, 14])
  }

  @Test func pacconv2dExample() throws {
    var random = start
    let image = Variable(.uniform([1, 3, 6, 8], within: 1, using: &random))
    let weight = Variable(.uniform([4, 3, 3, 3], within: 0.2, using: &random))
    let window = PacWindow(kernelSize: 3, padding: 1)
    let output = try pacconv2d(image, adapting: .guide(image), weight: weight, window: window)
    #expect(output.value.shape == [1, 4, 6, 8])
  }

  @Test func pacconvTranspose2dExample() throws {
    var random = start
    let low = Variable(.uniform([1, 2, 3, 4], within: 1, using: &random))
    let guide = Variable(.uniform([1, 3, 6, 8], within: 1, using: &random))
    let weight = Variable(.uniform([2, 4, 5, 5], within: 0.2, using: &random))
    let window = PacWindow(kernelSize: 5, stride: 2, padding: 2, outputPadding: 1)
    let output = try pacconvTranspose2d(
      low, adapting: .guide(guide), weight: weight, window: window)
    #expect(output.value.shape == [1, 4, 6, 8])
  }

  @Test func pacpool2dExample() throws {
    var random = start
    let image = Variable(.uniform([1, 3, 6, 8], within: 1, using: &random))
    let window = PacWindow(kernelSize: 3, stride: 2, padding: 1)
    let (kernel, _) = try packernel2d(image, window: window, options: .init(normalized: true))
    let output = try pacpool2d(image, kernel: kernel, window: window)
    #expect(output.value.shape == [1, 3, 3, 4])
  }

  @Test func pacPool2dLayerExample() throws {
    var random = start
    let pool = try PacPool2d(
      window: PacWindow(kernelSize: 3, stride: 2, padding: 1),
      options: .init(
        type: try AdaptingKernelType("inv_0.1_0.5_asym"), smoothing: .gaussian, channelWise: true,
        normalized: true),
      outputChannels: 3)
    let image = Variable(.uniform([1, 3, 6, 8], within: 1, using: &random))
    let output = try pool(image, guide: image)
    #expect(output.value.shape == [1, 3, 3, 4])
  }

  @Test func dynamicFilterExample() throws {
    var random = start
    let low = Variable(.uniform([1, 4, 3, 5], within: 1, using: &random))
    let filters = Variable(.uniform([1, 9, 6, 10], within: 1, using: &random))
    let output = try dynamicFilter(
      low, filters: filters, kernelSize: 3, upsample: 2, normalization: .softmax)
    #expect(output.value.shape == [1, 4, 6, 10])
  }

  /// Every example in the sources stands above, and nothing has been changed in one place alone.
  @Test func everyExampleIsHere() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let here = lines(try String(contentsOf: URL(filePath: #filePath), encoding: .utf8))
    let folder = root.appending(path: "Sources/PACLayers")
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    var count = 0
    for case let file as URL in try #require(files) where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      for example in text.components(separatedBy: "/// ```swift\n").dropFirst() {
        let code = lines(example.components(separatedBy: "/// ```")[0])
          .map { $0.trimmingPrefix("///").trimmingCharacters(in: .whitespaces) }
        #expect(
          here.indices.contains { here[$0...].starts(with: code) }, "\(file.lastPathComponent)")
        count += 1
      }
    }
    #expect(count == 20)
  }

  private func lines(_ text: String) -> [String] {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
  }
}
