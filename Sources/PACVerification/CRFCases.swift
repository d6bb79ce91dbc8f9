import PACAutograd
import PACLayers
import PACTensors

/// Runs a PAC-CRF forward and backward and compares output and gradients.
func crfDeviations(_ verification: VerificationCase) throws -> [Deviation] {
  let options = try PacCRFOptions(verification)
  var random = CounterRandom(seed: 0, purpose: .initialisation)
  if try verification.setting("loose") {
    let crf = try PacCRFLoose(options, random: &random)
    try crf.load(try verification.arrays(below: "params"))
    return try deviations(verification, crf.parameters()) { try crf($0, features: $1) }
  }
  let crf = try PacCRF(options, random: &random)
  try crf.load(try verification.arrays(below: "params"))
  return try deviations(verification, crf.parameters()) { try crf($0, features: $1) }
}

/// Runs a BCL-CRF forward and backward and compares output and gradients.
func latticeCRFDeviations(_ verification: VerificationCase) throws -> [Deviation] {
  var random = CounterRandom(seed: 0, purpose: .initialisation)
  let crf = try BCLCRF(try BCLCRFOptions(verification), random: &random)
  try crf.load(try verification.arrays(below: "params"))
  return try deviations(verification, crf.parameters()) { try crf($0, features: $1) }
}

private func deviations(
  _ verification: VerificationCase, _ parameters: [(name: String, parameter: Parameter)],
  _ infer: (Variable, [Variable]) throws -> Variable
) throws -> [Deviation] {
  let tape = Tape()
  func leaf(_ name: String) throws -> Variable {
    Variable(try verification.required("inputs/\(name)"), tape: tape, needsGradient: true)
  }
  let terms = try verification.setting("pairwise_kernels", as: [[String: Any]].self).count
  let unary = try leaf("unary")
  let features = try (0..<terms).map { try leaf("feature_\($0)") }
  let output = try infer(unary, features)
  tape.backward(from: output, gradient: try verification.required("upstream/output"))
  var ours = ["output": output.value]
  ours["grad/unary"] = unary.gradient
  for (number, feature) in features.enumerated() {
    ours["grad/feature_\(number)"] = feature.gradient
  }
  for (name, parameter) in parameters { ours["grad/\(name)"] = parameter.gradient }
  return try compare(ours, with: verification)
}

extension PacCRFOptions {
  fileprivate init(_ verification: VerificationCase) throws {
    self.init(
      channels: try verification.setting("channels"),
      numSteps: try verification.setting("num_steps"),
      finalOutput: try FinalOutput(verification),
      fixedWeighting: try verification.setting("fixed_weighting"),
      unaryWeight: Float(try verification.setting("unary_weight", as: Double.self)),
      pairwiseKernels: try verification.setting("pairwise_kernels", as: [[String: Any]].self)
        .map(PairwiseKernel.init))
  }
}

extension BCLCRFOptions {
  fileprivate init(_ verification: VerificationCase) throws {
    self.init(
      channels: try verification.setting("channels"),
      numSteps: try verification.setting("num_steps"), loose: try verification.setting("loose"),
      finalOutput: try FinalOutput(verification),
      fixedWeighting: try verification.setting("fixed_weighting"),
      unaryWeight: Float(try verification.setting("unary_weight", as: Double.self)),
      pairwiseKernels: try verification.setting("pairwise_kernels", as: [[String: Any]].self)
        .map(LatticeKernel.init))
  }
}

extension FinalOutput {
  fileprivate init(_ verification: VerificationCase) throws {
    let name = try verification.setting("final_output", as: String.self)
    guard let output = FinalOutput(rawValue: name) else {
      throw Unsupported(what: "final output '\(name)'")
    }
    self = output
  }
}

extension LatticeKernel {
  fileprivate init(_ settings: [String: Any]) throws {
    guard let features = (settings["features"] as? String).flatMap({ ["YXRGB": 5, "YX": 2][$0] }),
      let neighborhood = settings["neighborhood"] as? Int,
      let compatType = (settings["compat_type"] as? String).flatMap(CompatibilityType.init),
      let learned = settings["learned"] as? Bool,
      let weight = settings["pairwise_weight"] as? Double
    else { throw Unsupported(what: "pairwise kernel \(settings)") }
    self.init(
      featureChannels: features, neighborhood: neighborhood, compatType: compatType,
      learned: learned, pairwiseWeight: Float(weight))
  }
}

extension PairwiseKernel {
  fileprivate init(_ settings: [String: Any]) throws {
    guard let kernelSize = settings["kernel_size"] as? Int,
      let dilation = settings["dilation"] as? Int, let blur = settings["blur"] as? Int,
      let compatType = (settings["compat_type"] as? String).flatMap(CompatibilityType.init),
      let spatialFilter = settings["spatial_filter"] as? Bool,
      let weight = settings["pairwise_weight"] as? Double
    else { throw Unsupported(what: "pairwise kernel \(settings)") }
    self.init(
      kernelSize: Pair(kernelSize), dilation: Pair(dilation), blur: blur, compatType: compatType,
      spatialFilter: spatialFilter, pairwiseWeight: Float(weight))
  }
}
