import PACAutograd
import PACLayers
import PACModels
import PACOptimizers
import PACTensors

extension BenchmarkCase {
  /// Training steps of every network of upsampling: 256×256 crop, one sample, Adam.
  ///
  /// The names are those of `UpsamplingStep`.
  static let upsampling: [BenchmarkCase] = UpsamplingStep.all.map { step in
    BenchmarkCase(
      name: step.name,
      summary: "training step of \(step.model) ×\(step.factor), 256×256 crop, one sample, Adam"
    ) {
      let size = 256
      let network = try step.network()
      let loss = step.loss(of: network, size: size)
      let parameters = ParameterSet(network.parameters)
      var optimizer = Adam(count: parameters.count)
      return Work(usefulOperations: trainingOperations(network, size: size)) {
        let tape = Tape()
        tape.backward(from: try loss(tape))
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
      return Work(
        usefulOperations: operations(network, pixels: guide.shape.pixels) { _ in 1 }
      ) {
        _ = try network(Variable(low), guide: Variable(guide))
      }
    }
  }

  /// The operations of the forward pass, of the weights' gradients and, except for the layers that
  /// read the network's inputs, of the inputs' gradients.
  private static func trainingOperations(_ network: any JointUpsampler, size: Int) -> Double {
    operations(network, pixels: size * size) { shape in
      // Layers of one or three input channels read the network's inputs.
      shape[1] == 1 || shape[1] == 3 ? 2 : 3
    }
  }

  /// A multiplication and an addition for each weight of each layer at each of its pixels, times
  /// the layer's passes, which depend on the weight's shape.
  private static func operations(
    _ network: any JointUpsampler, pixels: Int, passes: (Shape) -> Double
  ) -> Double {
    network.parameters.reduce(0) { sum, entry in
      let shape = entry.parameter.shape
      guard shape.rank == 4 else { return sum }
      let share = network.pixelShare(ofParameter: entry.name)
      return sum + 2 * Double(shape.count) * Double(pixels) * share * passes(shape)
    }
  }
}

/// A training step of an upsampling network on a random sample.
struct UpsamplingStep {
  let model: UpsamplerName
  let factor: Int

  /// Every network with parameters, with its published options, at the published factors; the
  /// paper's comes first.
  static let all: [UpsamplingStep] = {
    let networks = UpsamplerName.catalog.heads.compactMap { try? UpsamplerName($0) }
      .filter(\.hasParameters)
    let published = networks.filter { $0 == .pacJointUpsample() }
    return (published + networks.filter { !published.contains($0) }).flatMap { model in
      [4, 8, 16].map { UpsamplingStep(model: model, factor: $0) }
    }
  }()

  /// `upsample8` for the paper's network at ×8, `upsample8-DJIF` for another one.
  var name: String {
    "upsample\(factor)" + (model == .pacJointUpsample() ? "" : "-\(model)")
  }

  func network() throws -> any JointUpsampler { try model.make(factor: factor, seed: 1) }

  /// The l2 loss of a network as a function of a tape.
  func loss(of network: any JointUpsampler, size: Int) -> (Tape) throws -> Variable {
    var random = CounterRandom(seed: 0, purpose: .synthetic)
    let low = Tensor.uniform([1, 1, size / factor, size / factor], within: 1, using: &random)
    let guide = Tensor.uniform([1, 3, size, size], within: 1, using: &random)
    let target = Tensor.uniform([1, 1, size, size], within: 1, using: &random)
    return { tape in
      meanSquaredError(
        try network(Variable(low, tape: tape), guide: Variable(guide, tape: tape)), target)
    }
  }
}
