import Testing

@testable import PACKernels

/// The loop for one or two output channels against sums written out, on small integers: every sum
/// is exact.
@Suite struct FewOutputConvolutionTests {
  static let cases: [ConvolutionSizes] = [
    sizes(outputs: 1, rows: WindowAxis(input: 6, size: 5, padding: 2), columns: 67, padding: 2),
    sizes(outputs: 2, rows: WindowAxis(input: 5, size: 3), columns: 16, padding: 0),
    sizes(
      outputs: 2, rows: WindowAxis(input: 9, size: 3, padding: 1, dilation: 2), columns: 33,
      padding: 3),
  ]

  private static func sizes(
    outputs: Int, rows: WindowAxis, columns: Int, padding: Int
  ) -> ConvolutionSizes {
    ConvolutionSizes(
      batch: 2, inputChannels: 3, outputChannels: outputs, rows: rows,
      columns: WindowAxis(input: columns, size: 5, padding: padding))
  }

  @Test(arguments: cases)
  func equalsTheSums(_ sizes: ConvolutionSizes) throws {
    try #require(FewOutputConvolution.fits(sizes))
    let convolution = FewOutputConvolution(sizes)
    let sums = ConvolutionSums(sizes, hasBias: false)
    var output = [Float](repeating: .nan, count: sums.output.count)
    var inputGradient = [Float](repeating: .nan, count: sums.input.count)
    var weightGradient = [Float](repeating: ConvolutionSums.gathered, count: sums.weight.count)
    var biasGradient = [Float](repeating: ConvolutionSums.gathered, count: sums.bias.count)
    convolution.forward(
      input: sums.input, weight: sums.weight, bias: nil, rectified: false, output: &output)
    convolution.backwardInput(
      outputGradient: sums.upstream, weight: sums.weight, inputGradient: &inputGradient)
    convolution.backwardWeight(
      input: sums.input, outputGradient: sums.upstream, weightGradient: &weightGradient,
      biasGradient: &biasGradient)
    #expect(output == sums.output)
    #expect(inputGradient == sums.inputGradient)
    #expect(weightGradient == sums.weightGradient)
    #expect(biasGradient == sums.biasGradient)
  }
}
