import Testing

@testable import Kernels

/// The convolution as one matrix product against the sums it stands for, with whole numbers, which are exact.
@Suite struct MatrixConvolutionTests {
  static let cases: [ConvolutionSizes] = [
    (1, 3, 5, WindowAxis(input: 6, size: 3), WindowAxis(input: 7, size: 3)),
    (2, 2, 4, WindowAxis(input: 5, size: 3, padding: 1), WindowAxis(input: 8, size: 2, padding: 1)),
    (
      1, 2, 3, WindowAxis(input: 9, size: 3, stride: 2, padding: 2),
      WindowAxis(input: 7, size: 3, stride: 3, padding: 1, dilation: 2)
    ),
    (1, 700, 600, WindowAxis(input: 2, size: 2), WindowAxis(input: 2, size: 1)),
  ].map {
    ConvolutionSizes(
      batch: $0.0, inputChannels: $0.1, outputChannels: $0.2, rows: $0.3, columns: $0.4)
  }

  private func numbers(_ count: Int, _ modulus: Int) -> [Float] {
    (0..<count).map { Float($0 * 7 % modulus - modulus / 2) }
  }

  @Test(arguments: cases)
  func equalsTheSums(_ sizes: ConvolutionSizes) {
    let convolution = MatrixConvolution(sizes)
    let input = numbers(sizes.input.reduce(1, *), 5)
    let weight = numbers(sizes.weight.reduce(1, *), 7)
    let bias = numbers(sizes.outputChannels, 9)
    let upstream = numbers(sizes.output.reduce(1, *), 4)
    var output = [Float](repeating: .nan, count: upstream.count)
    var inputGradient = [Float](repeating: .nan, count: input.count)
    var weightGradient = [Float](repeating: 2, count: weight.count)
    var biasGradient = [Float](repeating: 3, count: bias.count)
    convolution.forward(
      input: input, weight: weight, bias: bias, rectified: true, output: &output)
    convolution.backwardInput(
      outputGradient: upstream, weight: weight, inputGradient: &inputGradient)
    convolution.backwardParameters(
      input: input, outputGradient: upstream, weightGradient: &weightGradient,
      biasGradient: &biasGradient)

    let pixels = sizes.rows.output * sizes.columns.output
    var expectedOutput = output.indices.map { bias[$0 / pixels % sizes.outputChannels] }
    var expectedInput = [Float](repeating: 0, count: input.count)
    var expectedWeight = [Float](repeating: 2, count: weight.count)
    var expectedBias = [Float](repeating: 3, count: bias.count)
    forEachProduct(sizes) { o, i, w in
      expectedOutput[o] += input[i] * weight[w]
      expectedInput[i] += upstream[o] * weight[w]
      expectedWeight[w] += upstream[o] * input[i]
    }
    for (o, g) in upstream.enumerated() { expectedBias[o / pixels % sizes.outputChannels] += g }
    #expect(output == expectedOutput.map { max($0, 0) })
    #expect(inputGradient == expectedInput)
    #expect(weightGradient == expectedWeight)
    #expect(biasGradient == expectedBias)
  }

  /// fc6 and fc7 of FCN8s at a crop of 449 pixels, and a layer that oneDNN does better.
  @Test func takesLayersOfManyWeights() {
    func fits(_ inputs: Int, _ outputs: Int, _ size: Int, _ extent: Int) -> Bool {
      let axis = WindowAxis(input: extent, size: size)
      return MatrixConvolution.fits(
        ConvolutionSizes(
          batch: 1, inputChannels: inputs, outputChannels: outputs, rows: axis, columns: axis))
    }
    #expect(fits(512, 4096, 7, 21))
    #expect(fits(4096, 4096, 1, 15))
    #expect(!fits(512, 512, 3, 42))
    #expect(!fits(4096, 21, 1, 15))
  }
}
