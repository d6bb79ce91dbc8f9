import PACAutograd
import PACLayers
import PACModels
import PACTensors

/// Runs a whole joint upsampling network or filter and compares output, losses and gradients.
func upsamplingDeviations(_ verification: VerificationCase) throws -> [Deviation] {
  let network = try networkByFormula(verification)
  let tape = Tape()
  let target = try verification.required("inputs/target")
  let low = try verification.required("inputs/low")
  let guide = try verification.required("inputs/guide")
  let lowVariable = Variable(low, tape: tape, needsGradient: true)
  let output = try network(lowVariable, guide: Variable(guide, tape: tape))
  var ours = ["output": output.value]
  switch try verification.setting("loss", as: String.self) {
  case "rmse": ours["loss"] = rootMeanSquaredError(output, target).value
  case "epe": ours["loss"] = endPointError(output, target).value
  case let loss: throw Unsupported(what: "loss '\(loss)'")
  }
  let loss = meanSquaredError(output, target)
  ours["loss_l2"] = loss.value
  // The losses above are on the tape too, but no gradient reaches them.
  tape.backward(from: loss)
  var gradients = network.parameters.map { ($0.name, $0.parameter.gradient) }
  if let gradient = lowVariable.gradient { gradients.append(("low", gradient)) }
  for (name, gradient) in gradients {
    ours["grad/\(name)"] = gradient
    let squares = gradient.elements.reduce(0) { $0 + Double($1) * Double($1) }
    ours["gradnorm/\(name)"] = Tensor(scalar: Float(squares.squareRoot()))
  }
  // Without a tape, as whole frames are evaluated: map by map.
  let untaped = try network(Variable(low), guide: Variable(guide))
  return try compare(ours, with: verification) + [
    Deviation(
      "output without gradients", untaped.value, try verification.required("expected/output"))
  ]
}

/// Makes the network of a case, with its parameters set by the formula.
func networkByFormula(_ verification: VerificationCase) throws -> any JointUpsampler {
  let name = try verification.setting("model", as: String.self)
  guard let model = try? UpsamplerName(name) else {
    throw Unsupported(what: "model '\(name)'")
  }
  let formula = try verification.setting("parameters", as: [String: Any].self)
  guard formula["kind"] as? String == "splitmix64", let seed = formula["seed"] as? Int else {
    throw Unsupported(what: "parameters \(formula)")
  }
  let network = try model.make(
    factor: try verification.setting("factor"), seed: UInt64(seed))
  setByFormula(network.parameters, seed: UInt64(seed))
  return network
}
