import Autograd
import Layers
import Models
import Tensors
import Training

extension BenchmarkCase {
  /// A training step of PacJointUpsample: 256×256 crop, one sample, Adam.
  static func upsampling(factor: Int) -> BenchmarkCase {
    BenchmarkCase(
      name: "upsample\(factor)",
      summary: "training step of PacJointUpsample ×\(factor), 256×256 crop, one sample, Adam"
    ) {
      let size = 256
      let network = try makeUpsampler(.pacJointUpsample, factor: factor, seed: 1)
      let operations = trainingOperations(network, size: size)
      let parameters = ParameterSet(network.parameters)
      var optimizer = Adam(count: parameters.count)
      var random = CounterRandom(seed: 0, purpose: .synthetic)
      let low = Tensor.uniform(
        [1, 1, size / factor, size / factor], within: 1, using: &random)
      let guide = Tensor.uniform([1, 3, size, size], within: 1, using: &random)
      let target = Tensor.uniform([1, 1, size, size], within: 1, using: &random)
      return Work(usefulOperations: operations) {
        let tape = Tape()
        let output = try network(
          Variable(low, tape: tape), guide: Variable(guide, tape: tape))
        tape.backward(from: meanSquaredError(output, target))
        let gradients = parameters.takeGradients()
        parameters.updateValues {
          optimizer.step(parameters: &$0, gradients: gradients, learningRate: 1e-4)
        }
      }
    }
  }

  /// Forward, the weights' gradients and, but for the layers that read the network's inputs, the inputs' gradients.
  private static func trainingOperations(_ network: any JointUpsampler, size: Int) -> Double {
    network.parameters.reduce(0) { sum, entry in
      let shape = entry.parameter.shape
      guard shape.rank == 4 else { return sum }
      let parts = entry.name.split(separator: ".")
      var pixels = Double(size * size)
      if parts[0] == "branch_t" { pixels /= Double(network.factor * network.factor) }
      if parts[0] == "up_convts", let level = Int(parts[1]) {
        // Of the stuffed input's pixels one in four is real.
        let scale = Double(2 << level) / Double(network.factor)
        pixels *= scale * scale / 4
      }
      let readsInput =
        entry.name == "branch_t.conv1.weight" || entry.name == "branch_g.conv1.weight"
      return sum + 2 * Double(shape.count) * pixels * (readsInput ? 2 : 3)
    }
  }
}
