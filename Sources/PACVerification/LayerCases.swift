import PACAutograd
import PACLayers
import PACTensors

/// Runs one PAC layer forward and backward and compares every expected array.
func layerDeviations(_ verification: VerificationCase) throws -> [Deviation] {
  let tape = Tape()
  let leaves = try Leaves(verification, tape)
  let transposed = verification.operation == "pacconv_transpose2d"
  let window = try PacWindow(verification)
  let (kernel, outputMask) = try packernel2d(
    try leaves.required("guide"), mask: try verification.array("inputs/mask"), window: window,
    transposed: transposed, options: try AdaptingKernelOptions(verification),
    learned: leaves.learned)
  let output: Variable
  if verification.operation == "pacpool2d" {
    output = try pacpool2d(try leaves.required("input"), kernel: kernel, window: window)
  } else {
    let convolve = transposed ? pacconvTranspose2d : pacconv2d
    output = try convolve(
      try leaves.required("input"), .kernel(kernel), try leaves.required("weight"),
      leaves.variables["bias"], window, groups(verification),
      try verification.setting("shared_filters"), .identity)
  }
  var ours = ["output": output.value, "kernel": kernel.value]
  ours["output_mask"] = outputMask
  tape.backward(from: output, gradient: try verification.required("upstream/output"))
  for (name, variable) in leaves.variables { ours["grad/\(name)"] = variable.gradient }
  var deviations = try compare(ours, with: verification)
  if let fused = try fusedDeviations(verification, window, transposed) { deviations += fused }
  return deviations
}

/// Runs the same case through the fused kernels that never store K, if they apply.
private func fusedDeviations(
  _ verification: VerificationCase, _ window: PacWindow, _ transposed: Bool
) throws -> [Deviation]? {
  let tape = Tape()
  let leaves = try Leaves(verification, tape)
  let plain =
    try verification.setting("kernel_type") == "gaussian"
    && verification.setting("smooth_kernel_type") == "none"
    && !verification.setting("normalize_kernel", as: Bool.self)
    && !verification.setting("shared_filters", as: Bool.self)
    && verification.array("inputs/mask") == nil && verification.operation != "pacpool2d"
  guard plain else { return nil }
  let convolve = transposed ? pacconvTranspose2d : pacconv2d
  let output = try convolve(
    try leaves.required("input"), .guide(try leaves.required("guide")),
    try leaves.required("weight"), leaves.variables["bias"], window, groups(verification),
    false, .identity)
  var ours = ["output": output.value]
  // There is no K to compare here.
  ours["kernel"] = try verification.array("expected/kernel")
  tape.backward(from: output, gradient: try verification.required("upstream/output"))
  for (name, variable) in leaves.variables { ours["grad/\(name)"] = variable.gradient }
  return try compare(ours, with: verification)
}

/// Runs predicted filters forward and backward and compares every expected array.
func dynamicFilterDeviations(_ verification: VerificationCase) throws -> [Deviation] {
  let tape = Tape()
  let leaves = try Leaves(verification, tape)
  let normalization: String = try verification.setting("normalize")
  guard let normalization = FilterNormalization(rawValue: normalization) else {
    throw Unsupported(what: "normalize '\(normalization)'")
  }
  let output = try dynamicFilter(
    try leaves.required("input"), filters: try leaves.required("filters"),
    kernelSize: try verification.pair("kernel_size"), dilation: try verification.pair("dilation"),
    upsample: try verification.setting("upsample"),
    channelWise: try verification.setting("channel_wise"), normalization: normalization)
  var ours = ["output": output.value]
  tape.backward(from: output, gradient: try verification.required("upstream/output"))
  for (name, variable) in leaves.variables { ours["grad/\(name)"] = variable.gradient }
  return try compare(ours, with: verification)
}

/// Runs a filter on the lattice forward and backward and compares output and gradients.
func latticeDeviations(_ verification: VerificationCase) throws -> [Deviation] {
  let tape = Tape()
  let leaves = try Leaves(verification, tape)
  let name = try verification.setting("normalization", as: String.self)
  guard let normalization = LatticeNormalization(rawValue: name) else {
    throw Unsupported(what: "normalization '\(name)'")
  }
  let lattice = try FeatureLattice(
    try leaves.required("features"), outputFeatures: leaves.variables["output_features"],
    neighborhood: try verification.setting("neighborhood"), normalization: normalization)
  let output = try permutohedralConv2d(
    try leaves.required("input"), lattice: lattice, weight: try leaves.required("weight"),
    bias: leaves.variables["bias"], groups: try verification.setting("groups"))
  tape.backward(from: output, gradient: try verification.required("upstream/output"))
  var ours = ["output": output.value]
  for (name, variable) in leaves.variables { ours["grad/\(name)"] = variable.gradient }
  return try compare(ours, with: verification)
}

/// The groups of a convolution; cases from before there were any do not name them.
private func groups(_ verification: VerificationCase) -> Int {
  verification.configuration["groups"] as? Int ?? 1
}

/// Compares every expected array; one that was not computed has an infinite error.
func compare(
  _ ours: [String: Tensor], with verification: VerificationCase
) throws -> [Deviation] {
  try verification.arrays(below: "expected").map { name, expected in
    Deviation(name, ours[name] ?? Tensor(repeating: .nan, expected.shape), expected)
  }
}

/// The arrays of a case for which gradients are expected, by name.
private struct Leaves {
  var variables: [String: Variable] = [:]

  init(_ verification: VerificationCase, _ tape: Tape) throws {
    for folder in ["inputs", "params"] {
      for (name, array) in try verification.arrays(below: folder) where name != "mask" {
        variables[name] = Variable(array, tape: tape, needsGradient: true)
      }
    }
  }

  func required(_ name: String) throws -> Variable {
    guard let variable = variables[name] else { throw Unsupported(what: "a case without \(name)") }
    return variable
  }

  var learned: AdaptingVariables {
    AdaptingVariables(
      alpha: variables["inv_alpha"], lambda: variables["inv_lambda"],
      smoothKernel: variables["smooth_kernel"])
  }
}

extension AdaptingKernelOptions {
  fileprivate init(_ verification: VerificationCase) throws {
    self.init(
      type: try AdaptingKernelType(try verification.setting("kernel_type")),
      smoothing: try AdaptingSmoothing(try verification.setting("smooth_kernel_type")),
      channelWise: try verification.setting("channel_wise"),
      normalized: try verification.setting("normalize_kernel"))
  }
}

extension PacWindow {
  fileprivate init(_ verification: VerificationCase) throws {
    self.init(
      kernelSize: try verification.pair("kernel_size"), stride: try verification.pair("stride"),
      padding: try verification.pair("padding"),
      outputPadding: try verification.pair("output_padding"),
      dilation: try verification.pair("dilation"))
  }
}

extension VerificationCase {
  /// A setting of two integers, for rows and for columns.
  fileprivate func pair(_ key: String) throws -> Pair {
    let numbers = try setting(key, as: [Int].self)
    guard numbers.count == 2 else { throw Unsupported(what: "\(key) \(numbers)") }
    return Pair(numbers[0], numbers[1])
  }
}
