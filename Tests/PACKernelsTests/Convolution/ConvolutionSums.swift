@testable import PACKernels

/// A convolution of integers and the sums it stands for, which are exact in every order.
struct ConvolutionSums {
  let input: [Float]
  let weight: [Float]
  let bias: [Float]
  /// The gradient that reaches the output.
  let upstream: [Float]
  /// Before a ReLU.
  let output: [Float]
  let inputGradient: [Float]
  /// Added to `gathered`.
  let weightGradient: [Float]
  /// Added to `gathered`.
  let biasGradient: [Float]

  /// What every element of the parameters' gradients was before.
  static let gathered: Float = 2

  init(_ sizes: ConvolutionSizes, hasBias: Bool = true) {
    // Eleven values, a prime: taps and channels do not repeat with them.
    func numbers(_ count: Int, _ step: Int) -> [Float] {
      (0..<count).map { Float($0 * step % 11 - 5) }
    }
    let (input, weight) = (
      numbers(sizes.input.reduce(1, *), 5), numbers(sizes.weight.reduce(1, *), 7)
    )
    let upstream = numbers(sizes.output.reduce(1, *), 4)
    let bias =
      hasBias ? numbers(sizes.outputChannels, 3) : .init(repeating: 0, count: sizes.outputChannels)
    let pixels = sizes.rows.output * sizes.columns.output
    var output = upstream.indices.map { bias[$0 / pixels % sizes.outputChannels] }
    var inputGradient = [Float](repeating: 0, count: input.count)
    var weightGradient = [Float](repeating: Self.gathered, count: weight.count)
    var biasGradient = [Float](repeating: Self.gathered, count: bias.count)
    forEachProduct(sizes) { o, i, w in
      output[o] += input[i] * weight[w]
      inputGradient[i] += upstream[o] * weight[w]
      weightGradient[w] += upstream[o] * input[i]
    }
    for (o, g) in upstream.enumerated() { biasGradient[o / pixels % sizes.outputChannels] += g }
    (self.input, self.weight, self.bias, self.upstream) = (input, weight, bias, upstream)
    (self.output, self.inputGradient) = (output, inputGradient)
    (self.weightGradient, self.biasGradient) = (weightGradient, biasGradient)
  }
}

/// Calls `body` with the positions in output, input and weight of every product of a convolution.
private func forEachProduct(_ s: ConvolutionSizes, _ body: (Int, Int, Int) -> Void) {
  let (h, w) = (s.rows.output, s.columns.output)
  for n in 0..<s.batch {
    for o in 0..<s.outputChannels {
      for y in 0..<h {
        for x in 0..<w {
          for c in 0..<s.inputChannels {
            for i in 0..<s.rows.size {
              for j in 0..<s.columns.size {
                let row = y * s.rows.stride - s.rows.padding + i * s.rows.dilation
                let column = x * s.columns.stride - s.columns.padding + j * s.columns.dilation
                guard (0..<s.rows.input).contains(row),
                  (0..<s.columns.input).contains(column)
                else { continue }
                body(
                  ((n * s.outputChannels + o) * h + y) * w + x,
                  ((n * s.inputChannels + c) * s.rows.input + row) * s.columns.input + column,
                  ((o * s.inputChannels + c) * s.rows.size + i) * s.columns.size + j)
              }
            }
          }
        }
      }
    }
  }
}
