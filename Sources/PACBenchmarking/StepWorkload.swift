import PACAutograd
import PACLayers
import PACModels
import PACOptimizers
import PACTensors

/// A network and a random sample for whole training steps.
public struct StepWorkload: Sendable {
  /// The name on the command line.
  public let name: String
  /// The default width and height of the sample in pixels.
  public let size: Int
  /// Width and height must be multiples of this.
  public let multiple: Int
  let prepare: @Sendable (_ size: Int) throws -> Replica

  /// Every network that can be measured.
  public static let all: [StepWorkload] =
    UpsamplingStep.all.map(upsampling) + ["fcn8s", "fcn8spac"].map(segmentation)

  /// A rank's network, ready to run.
  struct Replica {
    let parameters: ParameterSet
    /// Makes an optimizer for the given number of parameters.
    let optimizer: (Int) -> any Optimizer
    /// Runs the network and the loss.
    let loss: (Tape) throws -> Variable
  }

  private static func upsampling(_ step: UpsamplingStep) -> StepWorkload {
    StepWorkload(name: step.name, size: 256, multiple: step.factor) { size in
      let network = try step.network()
      return Replica(
        parameters: ParameterSet(network.parameters), optimizer: { Adam(count: $0) },
        loss: step.loss(of: network, size: size))
    }
  }

  private static func segmentation(model: String) -> StepWorkload {
    StepWorkload(name: model, size: 449, multiple: 1) { size in
      let network = try SegmentationModel(SegmentationModelName(model), seed: 1)
      var random = CounterRandom(seed: 0, purpose: .synthetic)
      let image = Tensor.uniform([1, 3, size, size], within: 100, using: &random)
      let labels = (0..<size * size).map { _ in UInt8(random.integer(below: network.classes)) }
      return Replica(
        parameters: ParameterSet(network.parameters),
        optimizer: { SGD(count: $0, momentum: 0.9) },
        loss: { try crossEntropy(try network(Variable(image, tape: $0)), labels: labels) })
    }
  }
}
