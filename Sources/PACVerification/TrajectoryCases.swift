import PACAutograd
import PACLayers
import PACModels
import PACOptimizers
import PACTensors

/// Trains a small network for a few steps on fixed batches and compares the losses.
///
/// The samples go through the network one at a time, as in training.
func trajectoryDeviations(_ verification: VerificationCase) throws -> [Deviation] {
  let network = try networkByFormula(verification)
  let parameters = ParameterSet(network.parameters)
  var optimizer = try optimizer(verification, count: parameters.count)
  // The milestones of the cases are steps.
  let schedule = ScheduleSettings(
    initialRate: try verification.setting("lr"), decay: try verification.setting("gamma"),
    milestones: try verification.setting("lr_steps"), stepsPerEpoch: 1)
  guard try verification.setting("loss") == "l2" else { throw Unsupported(what: "another loss") }
  let low = try verification.required("inputs/low")
  let guide = try verification.required("inputs/guide")
  let target = try verification.required("inputs/target")
  let expected = try verification.required("expected/losses")
  let batch = low.shape.batch
  let losses = try (0..<expected.count).map { step in
    var sum: Float = 0
    for image in 0..<batch {
      let tape = Tape()
      let output = try network(
        Variable(low.batchSlice(image..<image + 1), tape: tape),
        guide: Variable(guide.batchSlice(image..<image + 1), tape: tape))
      let loss = meanSquaredError(output, target.batchSlice(image..<image + 1))
      sum += loss.value.scalar / Float(batch)
      tape.backward(from: loss, gradient: Tensor(scalar: 1 / Float(batch)))
    }
    optimizer.step(parameters, learningRate: Schedule.steps.learningRate(step: step, schedule))
    return sum
  }
  return try compare(["losses": Tensor(expected.shape, losses)], with: verification)
}

private func optimizer(
  _ verification: VerificationCase, count: Int
) throws -> any Optimizer {
  let decay = verification.configuration["weight_decay"] as? Double ?? 0
  switch try verification.setting("optimizer", as: String.self) {
  case "Adam": return Adam(count: count, weightDecay: decay)
  case "SGD":
    return SGD(
      count: count, momentum: try verification.setting("momentum"), weightDecay: decay)
  case let name: throw Unsupported(what: "optimizer '\(name)'")
  }
}
