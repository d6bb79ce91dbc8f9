import Foundation
import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

/// What pixel-adaptive operations become for special kernels (docs/mathematics.md#special-cases).
@Suite struct SpecialCaseTests {
  private func ones(_ window: PacWindow, _ input: Shape, transposed: Bool = false) -> Variable {
    let geometry = window.geometry(
      height: input.height, width: input.width, transposed: transposed)
    return Variable(
      Tensor(
        repeating: 1,
        [
          input.batch, 1, geometry.rows.size, geometry.columns.size, geometry.rows.output,
          geometry.columns.output,
        ]))
  }

  static let windows = [
    PacWindow(kernelSize: 3, padding: 1),
    PacWindow(
      kernelSize: Pair(5, 3), stride: Pair(2, 3), padding: Pair(2, 4), dilation: Pair(1, 3)),
  ]

  @Test(arguments: windows)
  func aKernelOfOnesIsTheOrdinaryConvolution(_ window: PacWindow) throws {
    var r = CounterRandom(seed: 31, purpose: .initialisation)
    let layer = try PacConv2d(
      inputChannels: 5, outputChannels: 7, window: window, random: &r)
    let input = Variable(.uniform([2, 5, 11, 13], within: 1, using: &r))
    let ordinary = try conv2d(
      input, weight: layer.weight.variable(on: nil), bias: layer.bias?.variable(on: nil),
      stride: window.stride, padding: window.padding, dilation: window.dilation)
    let ours = try layer(input, kernel: ones(window, input.value.shape))
    #expect(ours.value.shape == ordinary.value.shape)
    expectEqual(ours.value, ordinary.value.elements.map(Double.init), 2e-6)
  }

  /// The transposed convolution is the ordinary one's gradient with respect to its input; PAC's
  /// filter, as published, is turned by 180° against it.
  @Test(arguments: windows)
  func aKernelOfOnesIsTheTransposedConvolution(_ window: PacWindow) throws {
    var r = CounterRandom(seed: 32, purpose: .initialisation)
    let tape = Tape()
    let image = Variable(
      .uniform([1, 4, 11, 14], within: 1, using: &r), tape: tape, needsGradient: true)
    let layer = try PacConvTranspose2d(
      inputChannels: 3, outputChannels: 4, window: window, bias: false, random: &r)
    let taps = window.kernelSize.height * window.kernelSize.width
    let filters = layer.weight.value.elements
    let turned = filters.indices.map { filters[$0 / taps * taps + taps - 1 - $0 % taps] }
    let small = try conv2d(
      image, weight: Variable(Tensor(layer.weight.shape, turned)), stride: window.stride,
      padding: window.padding, dilation: window.dilation)
    let upstream = Tensor.uniform(small.value.shape, within: 1, using: &r)
    tape.backward(from: small, gradient: upstream)
    let ours = try layer(
      Variable(upstream), kernel: ones(window, upstream.shape, transposed: true)
    ).value
    // Where the strides leave a rest, the last rows and columns of the image meet nothing.
    let whole = try #require(image.gradient).elements
    let expected = (0..<ours.count).map { i in
      let (y, x) = (i / ours.shape.width % ours.shape.height, i % ours.shape.width)
      return Double(whole[(i / ours.shape.pixels * 11 + y) * 14 + x])
    }
    expectEqual(ours, expected, 2e-6)
  }

  @Test func coloursAndAGaussianAreTheBilateralFilter() throws {
    var r = CounterRandom(seed: 33, purpose: .initialisation)
    let (h, w, radius) = (9, 10, 3)
    let (spatial, range) = (1.7, 0.3)
    let image = Tensor.uniform([1, 3, h, w], within: 1, using: &r)
    let bell = (-radius...radius).map { exp(-0.5 * Double($0 * $0) / (spatial * spatial)) }
    let filter = bell.flatMap { a in bell.map { Float(a * $0) } }
    let window = PacWindow(kernelSize: Pair(2 * radius + 1), padding: Pair(radius))
    let guide = try dividedChannels(Variable(image), by: Variable(Tensor(scalar: Float(range))))
    func filtered(_ map: Tensor) throws -> [Float] {
      try pacconv2d(
        Variable(map), adapting: .guide(guide),
        weight: Variable(Tensor([1, 1, 2 * radius + 1, 2 * radius + 1], filter)), window: window,
        sharedFilters: true
      ).value.elements
    }
    let weights = try filtered(Tensor(repeating: 1, image.shape))
    let ours = zip(try filtered(image), weights).map { $0 / $1 }
    let v = image.elements.map(Double.init)
    var expected = [Double](repeating: 0, count: v.count)
    for i in 0..<h * w {
      var (sum, total) = ([0.0, 0, 0], 0.0)
      for j in 0..<h * w {
        let (dy, dx) = (i / w - j / w, i % w - j % w)
        guard max(abs(dy), abs(dx)) <= radius else { continue }
        let colour = (0..<3).reduce(0.0) { $0 + pow(v[$1 * h * w + i] - v[$1 * h * w + j], 2) }
        let similarity = exp(-0.5 * colour / (range * range))
        let weight = similarity * bell[dy + radius] * bell[dx + radius]
        total += weight
        for c in 0..<3 { sum[c] += weight * v[c * h * w + j] }
      }
      for c in 0..<3 { expected[c * h * w + i] = sum[c] / total }
    }
    expectEqual(Tensor(image.shape, ours), expected, 3e-6)
  }

  @Test func equalWeightsAreAveragePooling() throws {
    var r = CounterRandom(seed: 34, purpose: .initialisation)
    let input = Variable(.uniform([2, 3, 9, 12], within: 1, using: &r))
    let window = PacWindow(kernelSize: 3, stride: 3)
    let average = try averagePool2d(input, kernelSize: 3).value.elements.map(Double.init)
    // K ≡ 1 and W = 1/F².
    let weight = Variable(Tensor(repeating: 1 / 9, [1, 1, 3, 3]))
    let kernel = ones(window, input.value.shape)
    let convolved = try pacconv2d(
      input, adapting: .kernel(kernel), weight: weight, window: window, sharedFilters: true)
    expectEqual(convolved.value, average, 1e-6)
    // Features without differences make K ≡ 1; normalised, it is the mean of what lies inside the
    // image.
    let pool = try PacPool2d(
      window: PacWindow(kernelSize: 3, stride: 2, padding: 1), options: .init(normalized: true))
    let flat = Variable(Tensor.zeros([2, 1, 9, 12]))
    let padded = try averagePool2d(input, kernelSize: 3, stride: 2, padding: 1)
    expectEqual(
      try pool(input, guide: flat).value, padded.value.elements.map(Double.init), 1e-6)
  }

  /// The weights of Saeedan, Weber, Goesele and Roth 2018, with the smoothed image as reference and
  /// a window of 3×3.
  @Test(arguments: [false, true])
  func inverseKernelsAreDetailPreservingPooling(asymmetric: Bool) throws {
    var r = CounterRandom(seed: 35, purpose: .initialisation)
    let (h, w, alpha, lambda) = (7, 9, 0.2, 0.8)
    let image = Tensor.uniform([1, 2, h, w], within: 1, using: &r)
    let pool = try PacPool2d(
      window: PacWindow(kernelSize: 3, stride: 2, padding: 1),
      options: .init(
        type: .inverse(alpha: Float(alpha), lambda: Float(lambda), asymmetric: asymmetric),
        smoothing: .gaussian, channelWise: true, normalized: true), outputChannels: 2)
    let ours = try pool(Variable(image), guide: Variable(image)).value
    let v = image.elements.map(Double.init)
    var expected: [Double] = []
    for c in 0..<2 {
      func pixel(_ y: Int, _ x: Int) -> Double {
        (0..<h).contains(y) && (0..<w).contains(x) ? v[(c * h + y) * w + x] : 0
      }
      for (y, x) in (0..<4 * 5).map({ ($0 / 5 * 2, $0 % 5 * 2) }) {
        let offsets = (-1...1).flatMap { dy in (-1...1).map { (dy, $0) } }
        let smoothed = offsets.reduce(0) {
          $0 + pixel(y + $1.0, x + $1.1) / Double((2 << abs($1.0)) * (2 << abs($1.1)))
        }
        var (sum, total) = (0.0, 0.0)
        for (dy, dx) in offsets where (0..<h).contains(y + dy) && (0..<w).contains(x + dx) {
          let d = pixel(y + dy, x + dx) - smoothed
          let reward = alpha + pow(pow(asymmetric ? max(d, 0) : d, 2) + 1e-4, lambda / 2)
          sum += reward * pixel(y + dy, x + dx)
          total += reward
        }
        expected.append(sum / total)
      }
    }
    expectEqual(ours, expected, 3e-6)
  }

  /// Between the pixels of a flat neighbourhood the layer that starts as `linear` interpolates.
  @Test(arguments: [1, 2])
  func linearFillersInterpolate(groups: Int) throws {
    var r = CounterRandom(seed: 36, purpose: .initialisation)
    let window = PacWindow(kernelSize: 5, stride: 2, padding: 2, outputPadding: 1)
    let layer = try PacConvTranspose2d(
      inputChannels: 2, outputChannels: 2, window: window, groups: groups, filler: .linear,
      random: &r)
    let low = Tensor.uniform([1, 2, 4, 5], within: 1, using: &r)
    let high = try layer(
      Variable(low), kernel: ones(window, low.shape, transposed: true)
    ).value
    for c in 0..<2 {
      func value(_ y: Int, _ x: Int) -> Float { low.elements[(c * 4 + y) * 5 + x] }
      for y in 0..<7 {
        for x in 0..<9 {
          let corners = [
            value(y / 2, x / 2), value((y + 1) / 2, x / 2), value(y / 2, (x + 1) / 2),
            value((y + 1) / 2, (x + 1) / 2),
          ]
          let mean = corners.reduce(0, +) / 4
          #expect(abs(high.elements[(c * 8 + y) * 10 + x] - mean) < 1e-6)
        }
      }
    }
  }

  /// A grouped layer's weights are the ungrouped one's, as far as it has them; drawn ones keep to
  /// the bound of their own fan-in.
  @Test func groupedFillersAreBlocksOfTheWhole() throws {
    var r = CounterRandom(seed: 38, purpose: .initialisation)
    let window = PacWindow(kernelSize: 3, padding: 1)
    func weight(_ filler: PacFiller, groups: Int) throws -> Tensor {
      try PacConv2d(
        inputChannels: 6, outputChannels: 6, window: window, groups: groups, filler: filler,
        random: &r
      ).weight.value
    }
    for filler in [PacFiller.crf, .crfPool] {
      let (whole, grouped) = (try weight(filler, groups: 1), try weight(filler, groups: 3))
      #expect(grouped.shape == [6, 2, 3, 3])
      for o in 0..<6 {
        for c in 0..<2 {
          let own = (o * 2 + c) * 9
          let same = (o * 6 + o / 2 * 2 + c) * 9
          #expect(grouped.elements[own..<own + 9] == whole.elements[same..<same + 9])
        }
      }
    }
    let bound = 1 / Float(2 * 9).squareRoot()
    let drawn = try weight(.uniform, groups: 3).elements.map(abs)
    #expect(drawn.allSatisfy { $0 <= bound } && drawn.contains { $0 > 0.9 * bound })
  }

  /// A file of weights must be whole although parts of the network are not trained; only the
  /// constant of a CRF's pooling is no parameter at all.
  @Test func listsWeightsThatAreNotTrained() throws {
    var r = CounterRandom(seed: 37, purpose: .initialisation)
    let window = PacWindow(kernelSize: 3, padding: 1)
    let layer = try PacConv2d(inputChannels: 2, outputChannels: 2, window: window, random: &r)
    layer.weight.isTrainable = false
    layer.bias?.isTrainable = false
    #expect(layer.parameters("a").map(\.name) == ["a.weight", "a.bias"])
    let pooling = try PacConv2d(
      inputChannels: 2, outputChannels: 2, window: window, filler: .crfPool, random: &r)
    #expect(pooling.parameters("a").map(\.name) == ["a.bias"])
  }
}
