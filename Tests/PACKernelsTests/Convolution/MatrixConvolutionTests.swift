import Testing

@testable import PACKernels

/// The convolution as one matrix product against the sums it stands for, with integers, which are
/// exact.
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

  @Test(arguments: cases)
  func equalsTheSums(_ sizes: ConvolutionSizes) {
    let convolution = MatrixConvolution(sizes)
    let sums = ConvolutionSums(sizes)
    var output = [Float](repeating: .nan, count: sums.output.count)
    var inputGradient = [Float](repeating: .nan, count: sums.input.count)
    var weightGradient = [Float](repeating: ConvolutionSums.gathered, count: sums.weight.count)
    var biasGradient = [Float](repeating: ConvolutionSums.gathered, count: sums.bias.count)
    convolution.forward(
      input: sums.input, weight: sums.weight, bias: sums.bias, rectified: true, output: &output)
    convolution.backwardInput(
      outputGradient: sums.upstream, weight: sums.weight, inputGradient: &inputGradient)
    convolution.backwardParameters(
      input: sums.input, outputGradient: sums.upstream, weightGradient: &weightGradient,
      biasGradient: &biasGradient)
    #expect(output == sums.output.map { max($0, 0) })
    #expect(inputGradient == sums.inputGradient)
    #expect(weightGradient == sums.weightGradient)
    #expect(biasGradient == sums.biasGradient)
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
