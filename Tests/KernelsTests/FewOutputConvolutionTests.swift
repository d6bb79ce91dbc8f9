import Testing

@testable import Kernels

/// The loop for one or two output channels against sums written out, on small whole numbers: every sum is exact.
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

  private func numbers(_ count: Int, _ step: Int) -> [Float] {
    (0..<count).map { Float($0 * step % 9) - 4 }
  }

  @Test(arguments: cases)
  func equalsTheSums(_ sizes: ConvolutionSizes) throws {
    try #require(FewOutputConvolution.fits(sizes))
    let convolution = FewOutputConvolution(sizes)
    let input = numbers(sizes.input.reduce(1, *), 5)
    let weight = numbers(sizes.weight.reduce(1, *), 7)
    let upstream = numbers(sizes.output.reduce(1, *), 4)
    var output = [Float](repeating: 0, count: upstream.count)
    var inputGradient = [Float](repeating: .nan, count: input.count)
    var weightGradient = [Float](repeating: 2, count: weight.count)
    var biasGradient = [Float](repeating: 3, count: sizes.outputChannels)
    convolution.forward(
      input: input, weight: weight, bias: nil, rectified: false, output: &output)
    convolution.backwardInput(
      outputGradient: upstream, weight: weight, inputGradient: &inputGradient)
    convolution.backwardWeight(
      input: input, outputGradient: upstream, weightGradient: &weightGradient,
      biasGradient: &biasGradient)

    var expectedOutput = [Float](repeating: 0, count: output.count)
    var expectedInput = [Float](repeating: 0, count: input.count)
    var expectedWeight = [Float](repeating: 2, count: weight.count)
    forEachProduct(sizes) { o, i, w in
      expectedOutput[o] += input[i] * weight[w]
      expectedInput[i] += upstream[o] * weight[w]
      expectedWeight[w] += upstream[o] * input[i]
    }
    #expect(output == expectedOutput)
    #expect(inputGradient == expectedInput)
    #expect(weightGradient == expectedWeight)
    let plane = sizes.rows.output * sizes.columns.output
    for channel in 0..<sizes.outputChannels {
      let sums = (0..<sizes.batch).map { image in
        upstream[
          (image * sizes.outputChannels + channel)
            * plane..<(image * sizes.outputChannels + channel + 1) * plane
        ].reduce(0, +)
      }
      #expect(biasGradient[channel] == sums.reduce(3, +))
    }
  }
}
