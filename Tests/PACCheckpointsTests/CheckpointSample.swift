import Foundation
import PACOptimizers
import PACTensors
import PACWeights

@testable import PACCheckpoints

extension Checkpoint {
  /// A small checkpoint with values that differ from step to step.
  static func sample(step: Int) -> Checkpoint {
    func tensor(_ shape: Shape, _ offset: Float) -> Tensor {
      Tensor(shape, (0..<shape.count).map { Float($0) * 0.37 + offset + Float(step) })
    }
    return Checkpoint(
      epoch: 3, step: step, stepInEpoch: 7, seed: 42,
      network: NetworkLabel(model: "PacJointUpsample", attributes: ["factor": 8]),
      configuration: "run: räume\nlr: 1e-4\n",
      parameters: [
        NamedTensor(name: "branch_t.conv1.weight", value: tensor([4, 3, 5, 5], 0.5)),
        NamedTensor(name: "branch_t.conv1.bias", value: tensor([4], -1)),
        NamedTensor(name: "a.scale", value: tensor([], 2)),
      ],
      optimizer: "adam",
      optimizerState: OptimizerState(
        stepCount: step,
        slots: ["exp_avg": tensor([305], .nan), "exp_avg_sq": tensor([305], 1e-30)]),
      runningSums: ["loss": 0.1 + 0.2, "squared error": .pi, "pixels": 1e300],
      arithmetic: Arithmetic(
        threads: 3, processor: "GenuineIntel family 6 model 143",
        // As many names as newer processors have.
        instructionSet: "SkylakeX " + (1...40).map { "avx512_part\($0)" }.joined(separator: " ")
      ), dataset: "0a1b2c3d")
  }

  /// Everything the checkpoint holds, with floats as bits, so that NaN equals itself.
  var contents: [String] {
    let bits = { (tensor: Tensor) in "\(tensor.shape) \(tensor.elements.map(\.bitPattern))" }
    let head = "\(epoch) \(step) \(stepInEpoch) \(seed) \(network) \(optimizer)"
    let slots = optimizerState.slots.sorted { $0.key < $1.key }
    let sums = runningSums.sorted { $0.key < $1.key }
    return [head, configuration, "\(optimizerState.stepCount)"]
      + parameters.map { "\($0.name) \(bits($0.value))" }
      + slots.map { "\($0.key) \(bits($0.value))" }
      + sums.map { "\($0.key) \($0.value.bitPattern)" } + [
        arithmetic.map { "\($0.threads) \($0.processor) \($0.instructionSet)" } ?? "unknown",
        dataset ?? "unknown",
      ]
  }
}
