import Foundation
import PACAutograd
import PACKernels
import PACTensors
import Testing

@testable import PACLayers

/// A layer of predicted filters, and what it computes in double precision, one loop for each index.
struct DynamicFilterCase: Sendable, CustomTestStringConvertible {
  var size: Pair
  var kernelSize: Pair = 3
  var dilation: Pair = 1
  var upsample = 1
  var channels = 3
  var channelWise = false
  var normalization = FilterNormalization.softmax
  var batch = 1

  var testDescription: String {
    "\(size) k\(kernelSize) d\(dilation) u\(upsample) c\(channels) n\(batch) \(normalization)"
      + (channelWise ? " channel-wise" : "")
  }

  private var filters: Int { channelWise ? channels : 1 }
  private var taps: Int { kernelSize.height * kernelSize.width }
  var inputShape: Shape { [batch, channels, size.height, size.width] }
  var outputShape: Shape { [batch, channels, upsample * size.height, upsample * size.width] }
  var filterShape: Shape {
    [batch, filters * taps, upsample * size.height, upsample * size.width]
  }

  func callAsFunction(
    _ input: Variable, _ filters: Variable, activation: Activation = .identity
  ) throws -> Variable {
    try dynamicFilter(
      input, filters: filters, kernelSize: kernelSize, dilation: dilation, upsample: upsample,
      channelWise: channelWise, normalization: normalization, activation: activation)
  }

  func reference(_ input: [Double], _ filters: [Double]) -> [Double] {
    var result: [Double] = []
    let shape = outputShape
    for n in 0..<shape.batch {
      for c in 0..<shape.channels {
        for i in 0..<shape.pixels {
          let met = pixels(i / shape.width / upsample, i % shape.width / upsample)
          let filter = n * self.filters + (channelWise ? c : 0)
          let numbers = (0..<taps).map { filters[(filter * taps + $0) * shape.pixels + i] }
          let plane = (n * channels + c) * inputShape.pixels
          result.append(
            zip(weights(numbers, met), met).reduce(0) { sum, tap in
              sum + (tap.1.map { tap.0 * input[plane + $0] } ?? 0)
            })
        }
      }
    }
    return result
  }

  /// The input pixel under each tap, nil outside.
  private func pixels(_ y: Int, _ x: Int) -> [Int?] {
    (0..<taps).map { tap in
      let row = y + (tap / kernelSize.width - kernelSize.height / 2) * dilation.height
      let column = x + (tap % kernelSize.width - kernelSize.width / 2) * dilation.width
      guard (0..<size.height).contains(row), (0..<size.width).contains(column) else { return nil }
      return row * size.width + column
    }
  }

  private func weights(_ numbers: [Double], _ met: [Int?]) -> [Double] {
    guard normalization == .softmax else { return numbers }
    let powers = zip(numbers, met).map { $1 == nil ? 0 : exp($0) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}

@Suite struct DynamicFilterTests {
  /// Rows around the sixteen lanes and longer than a tile, every number of channels around the
  /// groups of four, windows larger than the image.
  static let cases: [DynamicFilterCase] = [
    DynamicFilterCase(size: Pair(5, 17), upsample: 2),
    DynamicFilterCase(size: Pair(4, 33), upsample: 2, channels: 5, normalization: .none),
    DynamicFilterCase(size: Pair(3, 16), upsample: 3, channels: 4, batch: 2),
    DynamicFilterCase(size: Pair(2, 530), kernelSize: Pair(1, 3), channels: 1),
    DynamicFilterCase(size: Pair(19, 7), kernelSize: 5, channels: 9),
    DynamicFilterCase(
      size: Pair(11, 13), kernelSize: Pair(3, 5), dilation: Pair(4, 2), normalization: .none),
    DynamicFilterCase(size: Pair(7, 20), dilation: Pair(9, 30), upsample: 2, batch: 2),
    DynamicFilterCase(size: Pair(3, 2), kernelSize: 7, upsample: 2),
    DynamicFilterCase(size: Pair(1, 1), kernelSize: 3, upsample: 3, channels: 1),
    DynamicFilterCase(size: Pair(6, 5), upsample: 2, channels: 4, channelWise: true, batch: 2),
    DynamicFilterCase(
      size: Pair(9, 18), kernelSize: 5, channelWise: true, normalization: .none),
    DynamicFilterCase(size: Pair(30, 40), kernelSize: 21, channels: 2),
    DynamicFilterCase(size: Pair(4, 6), kernelSize: 1, channels: 2, normalization: .none),
  ]

  @Test(arguments: cases)
  func agreesWithTheEquation(_ layer: DynamicFilterCase) throws {
    try expectAgreement(layer, seed: 61)
  }

  @Test(arguments: 1...24 as ClosedRange<UInt64>)
  func agreesForDrawnSizes(_ seed: UInt64) throws {
    var r = CounterRandom(seed: seed, purpose: .synthetic)
    func odd() -> Int { 1 + 2 * r.integer(below: 3) }
    let layer = DynamicFilterCase(
      size: Pair(1 + r.integer(below: 12), 1 + r.integer(below: 40)),
      kernelSize: Pair(odd(), odd()),
      dilation: Pair(1 + r.integer(below: 4), 1 + r.integer(below: 4)),
      upsample: 1 + r.integer(below: 3), channels: 1 + r.integer(below: 6),
      channelWise: r.integer(below: 2) == 1,
      normalization: r.integer(below: 2) == 1 ? .softmax : .none, batch: 1 + r.integer(below: 2))
    try expectAgreement(layer, seed: seed)
  }

  private func expectAgreement(_ layer: DynamicFilterCase, seed: UInt64) throws {
    var r = CounterRandom(seed: seed, purpose: .initialisation)
    let inputs = [layer.inputShape, layer.filterShape].map {
      Tensor.uniform($0, within: 2, using: &r)
    }
    try PACLayersTests.expectAgreement(inputs, seed: seed) {
      try layer($0[0], $0[1])
    } reference: {
      layer.reference($0[0], $0[1])
    }
  }

  @Test func isRectified() throws {
    var r = CounterRandom(seed: 62, purpose: .initialisation)
    let layer = DynamicFilterCase(size: Pair(5, 18), upsample: 2, channels: 5)
    let inputs = [layer.inputShape, layer.filterShape].map {
      Tensor.uniform($0, within: 1, using: &r)
    }
    let upstream = Tensor.uniform(layer.outputShape, within: 1, using: &r)
    func results(_ run: ([Variable]) throws -> Variable) throws -> [[Float]] {
      let tape = Tape()
      let leaves = inputs.map { Variable($0, tape: tape, needsGradient: true) }
      let output = try run(leaves)
      tape.backward(from: output, gradient: upstream)
      return try [output.value.elements] + leaves.map { try #require($0.gradient).elements }
    }
    let fused = try results { try layer($0[0], $0[1], activation: .rectified) }
    #expect(try fused == results { relu(try layer($0[0], $0[1])) })
  }

  @Test func theSameFilterEverywhereIsTheDepthwiseConvolution() throws {
    var r = CounterRandom(seed: 63, purpose: .initialisation)
    let layer = DynamicFilterCase(
      size: Pair(9, 21), kernelSize: Pair(5, 3), dilation: Pair(1, 2), channels: 4,
      channelWise: true, normalization: .none)
    let input = Variable(.uniform(layer.inputShape, within: 1, using: &r))
    let numbers: [Float] = (0..<4 * 15).map { _ in Float(r.uniform(-1..<1)) }
    let everywhere: [Float] = numbers.flatMap { [Float](repeating: $0, count: 9 * 21) }
    let filters = Tensor(layer.filterShape, everywhere)
    // One filter for each channel on the diagonal of an ordinary convolution.
    var weight = [Float](repeating: 0, count: 16 * 15)
    for channel in 0..<4 {
      for tap in 0..<15 { weight[(channel * 4 + channel) * 15 + tap] = numbers[channel * 15 + tap] }
    }
    let expected = try conv2d(
      input, weight: Variable(Tensor([4, 4, 5, 3], weight)), padding: Pair(2, 2),
      dilation: Pair(1, 2))
    let ours = try layer(input, Variable(filters)).value
    #expect(ours.shape == expected.value.shape)
    expectEqual(ours, expected.value.elements.map(Double.init), 2e-6)
  }

  /// Modifying a filter and predicting one meet where the prediction is the modified filter.
  @Test func filtersModifiedByAGuideArePacConv2d() throws {
    var r = CounterRandom(seed: 64, purpose: .initialisation)
    let layer = DynamicFilterCase(
      size: Pair(8, 19), kernelSize: 3, dilation: 2, channels: 6, normalization: .none)
    let input = Variable(.uniform(layer.inputShape, within: 1, using: &r))
    let guide = Variable(.uniform([1, 3, 8, 19], within: 1, using: &r))
    let weight = Tensor.uniform([1, 1, 3, 3], within: 1, using: &r)
    let window = PacWindow(kernelSize: 3, padding: 2, dilation: 2)
    let kernel = try packernel2d(guide, window: window).kernel.value
    let filters = zip(kernel.elements.indices, kernel.elements).map { i, k in
      k * weight.elements[i / 152]
    }
    let ours = try layer(input, Variable(Tensor(layer.filterShape, filters))).value
    let expected = try pacconv2d(
      input, adapting: .guide(guide), weight: Variable(weight), window: window,
      sharedFilters: true)
    expectEqual(ours, expected.value.elements.map(Double.init), 2e-6)
  }

  @Test func equalFiltersAverageThePixelsThatAreThere() throws {
    let input = Variable(Tensor(repeating: 3, [1, 1, 4, 5]))
    let filters = Variable(Tensor(repeating: 80, [1, 9, 8, 10]))
    let output = try dynamicFilter(
      input, filters: filters, kernelSize: 3, upsample: 2, normalization: .softmax)
    for value in output.value.elements { #expect(abs(value - 3) < 1e-6) }
  }

  @Test func upsamplingReadsTheNearestPixels() throws {
    var r = CounterRandom(seed: 65, purpose: .initialisation)
    let layer = DynamicFilterCase(size: Pair(5, 9), upsample: 2, channels: 4)
    let input = Tensor.uniform(layer.inputShape, within: 1, using: &r)
    let filters = Variable(.uniform(layer.filterShape, within: 1, using: &r))
    var enlarged: [Float] = []
    for row in 0..<4 * 10 {
      for column in 0..<18 { enlarged.append(input.elements[row / 2 * 9 + column / 2]) }
    }
    let expected = try dynamicFilter(
      Variable(Tensor([1, 4, 10, 18], enlarged)), filters: filters, kernelSize: 3, dilation: 2,
      normalization: .softmax)
    let ours = try layer(Variable(input), filters).value
    expectEqual(ours, expected.value.elements.map(Double.init), 2e-6)
  }

  /// Sums have a fixed order.
  @Test func anyNumberOfThreadsGivesTheSameBits() throws {
    let threads = Threads.count
    defer { Threads.set(threads) }
    func results(_ count: Int) throws -> [[Float]] {
      Threads.set(count)
      var r = CounterRandom(seed: 66, purpose: .initialisation)
      let layer = DynamicFilterCase(
        size: Pair(61, 70), kernelSize: 5, dilation: Pair(3, 1), upsample: 2, channels: 6, batch: 2)
      let tape = Tape()
      let leaves = [layer.inputShape, layer.filterShape].map {
        Variable(.uniform($0, within: 1, using: &r), tape: tape, needsGradient: true)
      }
      let output = try layer(leaves[0], leaves[1])
      tape.backward(from: output, gradient: output.value)
      return try [output.value.elements] + leaves.map { try #require($0.gradient).elements }
    }
    let one = try results(1)
    #expect(try results(2) == one)
    #expect(try results(5) == one)
  }
}
