import PACAutograd
import PACLayers
import PACModels
import PACOptimizers
import PACTensors

extension BenchmarkCase {
  /// A training step of PacJointUpsample: 256×256 crop, one sample, Adam.
  static func upsampling(factor: Int) -> BenchmarkCase {
    BenchmarkCase(
      name: "upsample\(factor)",
      summary: "training step of PacJointUpsample ×\(factor), 256×256 crop, one sample, Adam"
    ) {
      let size = 256
      let network = try UpsamplerName.pacJointUpsample().make(factor: factor, seed: 1)
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
        optimizer.step(parameters, learningRate: 1e-4)
      }
    }
  }

  /// PacJointUpsample on a whole frame of the published datasets: one map, without gradients.
  static let evaluation: [BenchmarkCase] = [
    (4, 480, 640), (8, 480, 640), (16, 480, 640), (8, 436, 1024),
  ]
  .map(evaluation)

  private static func evaluation(factor: Int, height: Int, width: Int) -> BenchmarkCase {
    BenchmarkCase(
      name: "evaluate\(factor)-\(height)x\(width)",
      summary: "PacJointUpsample ×\(factor) on a frame of \(height)×\(width), one map"
    ) {
      let network = try UpsamplerName.pacJointUpsample().make(factor: factor, seed: 1)
      var random = CounterRandom(seed: 0, purpose: .synthetic)
      let (rows, columns) = ((height + factor - 1) / factor, (width + factor - 1) / factor)
      let low = Tensor.uniform([1, 1, rows, columns], within: 1, using: &random)
      let guide = Tensor.uniform(
        [1, 3, rows * factor, columns * factor], within: 1, using: &random)
      return Work(usefulOperations: operations(network, pixels: guide.shape.pixels) { _ in 1 }) {
        _ = try network(Variable(low), guide: Variable(guide))
      }
    }
  }

  /// The operations of the forward pass, of the weights' gradients and, except for the layers that
  /// read the network's inputs, of the inputs' gradients.
  private static func trainingOperations(_ network: any JointUpsampler, size: Int) -> Double {
    operations(network, pixels: size * size) { name in
      let readsInput = name == "branch_t.conv1.weight" || name == "branch_g.conv1.weight"
      return readsInput ? 2 : 3
    }
  }

  /// A multiplication and an addition for each weight of each layer at each of its pixels, times
  /// the layer's passes.
  private static func operations(
    _ network: any JointUpsampler, pixels: Int, passes: (String) -> Double
  ) -> Double {
    network.parameters.reduce(0) { sum, entry in
      let shape = entry.parameter.shape
      guard shape.rank == 4 else { return sum }
      let parts = entry.name.split(separator: ".")
      var pixels = Double(pixels)
      if parts[0] == "branch_t" { pixels /= Double(network.factor * network.factor) }
      if parts[0] == "up_convts", let level = Int(parts[1]) {
        // Only one in four pixels of the zero-stuffed input is not zero.
        let scale = Double(2 << level) / Double(network.factor)
        pixels *= scale * scale / 4
      }
      return sum + 2 * Double(shape.count) * pixels * passes(entry.name)
    }
  }
}
