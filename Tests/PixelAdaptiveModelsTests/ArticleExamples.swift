import Foundation
import PACTestSupport
import PixelAdaptiveModels
import Testing

// The examples of the articles, compiled and run.

struct GuidedSmoothing {
  let wide: PacConv2d
  let narrow: PacConv2d

  init(channels: Int, random: inout CounterRandom) throws {
    let window = PacWindow(kernelSize: 3, padding: 1)
    wide = try PacConv2d(
      inputChannels: 1, outputChannels: channels, window: window, random: &random)
    narrow = try PacConv2d(
      inputChannels: channels, outputChannels: 1, window: window, random: &random)
  }

  func callAsFunction(_ input: Variable, guide: Variable) throws -> Variable {
    try narrow(wide(input, guide: guide, activation: .rectified), guide: guide)
  }

  var parameters: [(name: String, parameter: Parameter)] {
    wide.parameters("wide") + narrow.parameters("narrow")
  }
}

func softplus(_ input: Variable) -> Variable {
  let x = input.value
  let y = Tensor(x.shape, x.elements.map { log1p(exp($0)) })
  return .result(y, of: "softplus", input) { upstream, dx in
    let gradient = zip(upstream.gradient.elements, x.elements).map { g, x in g / (1 + exp(-x)) }
    dx.accumulate(Tensor(x.shape, gradient))
  }
}

@Suite struct ArticleExamples {
  @Test func firstSteps() throws {
    var random = CounterRandom(seed: 1, purpose: .initialisation)
    let layer = try PacConv2d(
      inputChannels: 1, outputChannels: 1, window: PacWindow(kernelSize: 5, padding: 2),
      random: &random)
    let parameters = ParameterSet(layer.parameters())
    var optimizer = Adam(count: parameters.count)
    let edge = random.integer(below: 32)
    let clean = Tensor([1, 1, 32, 32], (0..<1024).map { $0 % 32 < edge ? 0 : 1 })
    let guide = Tensor(clean.shape, clean.elements.map { 4 * $0 })
    var noisy = Tensor.uniform(clean.shape, within: 1, using: &random)
    noisy.add(clean)
    let tape = Tape()
    let output = try layer(Variable(noisy, tape: tape), guide: Variable(guide, tape: tape))
    let loss = meanSquaredError(output, clean)
    tape.backward(from: loss)
    optimizer.step(parameters, learningRate: 0.01)
    let smooth = try layer(Variable(noisy), guide: Variable(guide)).value
    #expect(meanSquaredError(Variable(smooth), clean).value.scalar < loss.value.scalar)
  }

  @Test func layersPutTogether() throws {
    var random = CounterRandom(seed: 1, purpose: .initialisation)
    let layer = try GuidedSmoothing(channels: 4, random: &random)
    let input = Variable(.uniform([1, 1, 6, 7], within: 1, using: &random))
    let output = try layer(input, guide: Variable(.zeros([1, 3, 6, 7])))
    #expect(output.value.shape == [1, 1, 6, 7])
    #expect(
      layer.parameters.map(\.name) == ["wide.weight", "wide.bias", "narrow.weight", "narrow.bias"])
  }

  @Test func groups() throws {
    var random = CounterRandom(seed: 1, purpose: .initialisation)
    let features = Variable(.uniform([1, 16, 6, 7], within: 1, using: &random))
    let guide = Variable(.uniform([1, 3, 6, 7], within: 1, using: &random))
    let largeGuide = Variable(.uniform([1, 3, 12, 14], within: 1, using: &random))
    let grouped = try PacConv2d(
      inputChannels: 16, outputChannels: 32, window: PacWindow(kernelSize: 5, padding: 2),
      groups: 4, random: &random)
    let doubling = try PacConvTranspose2d(
      inputChannels: 32, outputChannels: 32,
      window: PacWindow(kernelSize: 5, stride: 2, padding: 2, outputPadding: 1),
      groups: 32, options: .init(normalized: true), random: &random)
    let small = try grouped(features, guide: guide, activation: .rectified)
    let large = try doubling(small, guide: largeGuide)
    #expect(large.value.shape == [1, 32, 12, 14])
    #expect(grouped.weight.shape == [32, 4, 5, 5] && doubling.weight.shape == [32, 1, 5, 5])
  }

  /// Against central differences, as the article says.
  @Test func gradientOfItsOwn() throws {
    var random = CounterRandom(seed: 1, purpose: .synthetic)
    let x = Tensor.uniform([5], within: 2, using: &random)
    let upstream = Tensor.uniform([5], within: 1, using: &random)
    let tape = Tape()
    let input = Variable(x, tape: tape, needsGradient: true)
    tape.backward(from: softplus(input), gradient: upstream)
    let gradient = try #require(input.gradient).elements
    for i in 0..<5 {
      func value(_ change: Double) -> Double { log1p(exp(Double(x.elements[i]) + change)) }
      let expected = Double(upstream.elements[i]) * (value(1e-5) - value(-1e-5)) / 2e-5
      #expect(abs(Double(gradient[i]) - expected) < 1e-5)
    }
  }

  @Test func networksAndWeights() throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = folder("a.pth")
    let (low, guide) = (Tensor.zeros([1, 1, 4, 4]), Tensor.zeros([1, 3, 16, 16]))
    let network = try UpsamplerName("PacJointUpsampleLite").make(factor: 4, seed: 1)
    let parameters = ParameterSet(network.parameters)
    let output = try network(Variable(low), guide: Variable(guide))
    try parameters.save(to: path)
    try parameters.load(from: path)
    #expect(output.value.shape == [1, 1, 16, 16])
    #expect(try folder.names() == ["a.pth"])
  }

  /// Every example of the articles stands above.
  @Test func everyExampleIsHere() throws {
    let here = lines(try String(contentsOf: URL(filePath: #filePath), encoding: .utf8))
    var count = 0
    for name in ["PixelAdaptiveLayers", "PixelAdaptiveModels"] {
      let folder = packageRoot.appending(path: "Sources/\(name)/Documentation.docc")
      for file in try FileManager.default.contentsOfDirectory(
        at: folder, includingPropertiesForKeys: nil)
      {
        let text = try String(contentsOf: file, encoding: .utf8)
        for example in text.components(separatedBy: "```swift\n").dropFirst() {
          let code = lines(example.components(separatedBy: "```")[0])
          #expect(
            here.indices.contains { here[$0...].starts(with: code) }, "\(file.lastPathComponent)")
          count += 1
        }
      }
    }
    #expect(count == 9)
  }
}

/// The lines of a text that are not empty, without indentation.
func lines(_ text: String) -> [String] {
  text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    .filter { !$0.isEmpty }
}
