import Testing

@testable import PACKernels

/// Convolutions of activations in blocks of channels, against sums written out, on small whole
/// numbers: every sum is exact.
@Suite struct ActivationLayoutTests {
  static let cases: [ConvolutionSizes] = [
    (
      2, 16, 32, WindowAxis(input: 5, size: 3, padding: 1), WindowAxis(input: 7, size: 3, stride: 2)
    ),
    (1, 24, 16, WindowAxis(input: 9, size: 3, dilation: 2), WindowAxis(input: 6, size: 1)),
    (2, 3, 8, WindowAxis(input: 4, size: 3, padding: 2), WindowAxis(input: 5, size: 2)),
    // What FewOutputConvolution and MatrixConvolution do on row-major memory.
    (1, 16, 2, WindowAxis(input: 6, size: 3, padding: 1), WindowAxis(input: 7, size: 3)),
    (1, 1024, 1024, WindowAxis(input: 2, size: 2), WindowAxis(input: 2, size: 2)),
  ].map {
    ConvolutionSizes(
      batch: $0.0, inputChannels: $0.1, outputChannels: $0.2, rows: $0.3, columns: $0.4)
  }

  private static func layouts(_ channels: Int) -> [ActivationLayout] {
    [.rowMajor, .channelBlocks(8), .channelBlocks(16)].filter { $0.fits(channels: channels) }
  }

  /// [N, C, H, W] brought into a layout.
  private func laidOut(
    _ values: [Float], _ extents: [Int], _ layout: ActivationLayout
  ) -> [Float] {
    guard case .channelBlocks(let size) = layout else { return values }
    let (channels, pixels) = (extents[1], extents[2] * extents[3])
    var result = values
    for (i, value) in values.enumerated() {
      let (image, channel, pixel) = (i / pixels / channels, i / pixels % channels, i % pixels)
      let block = image * channels / size + channel / size
      result[(block * pixels + pixel) * size + channel % size] = value
    }
    return result
  }

  @Test(arguments: cases)
  func everyPairOfLayoutsGivesTheSums(_ sizes: ConvolutionSizes) {
    let sums = ConvolutionSums(sizes)
    for inputLayout in Self.layouts(sizes.inputChannels) {
      for outputLayout in Self.layouts(sizes.outputChannels) {
        let convolution = Convolution(
          sizes, inputLayout: inputLayout, outputLayout: outputLayout)
        let given = laidOut(sums.input, sizes.input, inputLayout)
        var output = [Float](repeating: .nan, count: sums.output.count)
        var inputGradient = [Float](repeating: .nan, count: sums.input.count)
        var weightGradient = [Float](repeating: ConvolutionSums.gathered, count: sums.weight.count)
        var biasGradient = [Float](repeating: ConvolutionSums.gathered, count: sums.bias.count)
        convolution.forward(
          input: given, weight: sums.weight, bias: sums.bias, rectified: true, output: &output)
        convolution.backward(
          input: given, weight: sums.weight,
          outputGradient: laidOut(sums.upstream, sizes.output, outputLayout),
          inputGradient: &inputGradient, weightGradient: &weightGradient,
          biasGradient: &biasGradient)
        let pair = "\(inputLayout) to \(outputLayout)"
        #expect(
          output == laidOut(sums.output.map { max($0, 0) }, sizes.output, outputLayout), "\(pair)")
        #expect(inputGradient == laidOut(sums.inputGradient, sizes.input, inputLayout), "\(pair)")
        #expect(weightGradient == sums.weightGradient, "\(pair)")
        #expect(biasGradient == sums.biasGradient, "\(pair)")
      }
    }
  }

  /// Blocks where oneDNN does the work and the channels fill them; row-major for everybody else's
  /// cases.
  @Test func prefersBlocksWhereTheyFit() {
    func preferred(
      _ inputs: Int, _ outputs: Int, _ size: Int, _ extent: Int
    ) -> (input: ActivationLayout, output: ActivationLayout) {
      let axis = WindowAxis(input: extent, size: size, padding: size / 2)
      return Convolution.preferredLayouts(
        ConvolutionSizes(
          batch: 1, inputChannels: inputs, outputChannels: outputs, rows: axis, columns: axis),
        hasBias: true)
    }
    func isInBlocks(_ layout: ActivationLayout) -> Bool { layout != .rowMajor }
    let inner = preferred(32, 48, 5, 32)
    #expect(isInBlocks(inner.input) && inner.input == inner.output)
    let first = preferred(3, 32, 5, 32)
    #expect(first.input == .rowMajor && first.output == inner.input)
    #expect(preferred(32, 20, 3, 32).output == .rowMajor)
    #expect(preferred(20, 32, 3, 32).input == .rowMajor)
    #expect(preferred(32, 1, 5, 32) == (.rowMajor, .rowMajor))
    #expect(preferred(512, 4096, 7, 15) == (.rowMajor, .rowMajor))
  }
}
