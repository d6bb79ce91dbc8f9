import PACAutograd
import PACLayers
import PACOptimizers
import PACTensors

extension BenchmarkCase {
  /// PacCRF as in the paper's table of run times: 21 classes, 5 steps, full 5×5 filters.
  static let crf: [BenchmarkCase] = [
    crf("crf32", dilations: [32], size: 500, training: false),
    crf("crf16-64", dilations: [16, 64], size: 500, training: false),
    crf("crf16-64-train", dilations: [16, 64], size: 449, training: true),
  ]

  private static func crf(
    _ name: String, dilations: [Int], size: Int, training: Bool
  ) -> BenchmarkCase {
    let (classes, steps) = (21, 5)
    return BenchmarkCase(
      name: name,
      summary:
        "PacCRF \(training ? "training step with Adam" : "inference"), dilations \(dilations), "
        + "\(size)×\(size), \(classes) classes, \(steps) steps"
    ) {
      var random = CounterRandom(seed: 0, purpose: .synthetic)
      let network = try PacCRF(
        PacCRFOptions(
          channels: classes, numSteps: steps, fixedWeighting: true,
          pairwiseKernels: dilations.map { PairwiseKernel(kernelSize: 5, dilation: Pair($0)) }),
        random: &random)
      let parameters = ParameterSet(network.parameters())
      var optimizer = Adam(count: parameters.count)
      let unary = Tensor.uniform([1, classes, size, size], within: 2, using: &random)
      let image = Tensor.uniform([1, 3, size, size], within: 4, using: &random)
      let labels = (0..<size * size).map { _ in UInt8(random.integer(below: classes)) }
      let messages = Double(steps * dilations.count)
      // The unary of the first step needs no gradient: one input gradient less for each term.
      let passes = training ? 3 * messages - Double(dilations.count) : messages
      let filter = Double(classes * classes * 25)
      return Work(usefulOperations: 2 * filter * Double(size * size) * passes) {
        let tape = training ? Tape() : nil
        let features = Variable(image, tape: tape)
        let output = try network(
          Variable(unary, tape: tape), features: dilations.map { _ in features })
        guard let tape else { return }
        tape.backward(from: try crossEntropy(output, labels: labels))
        optimizer.step(parameters, learningRate: 1e-3)
      }
    }
  }
}
