import PACTensors
import PACUpsampling

/// Computes a low-resolution target and compares it.
func lowResolutionDeviations(_ verification: VerificationCase) throws -> [Deviation] {
  let name = try verification.setting("mode", as: String.self)
  guard let mode = LowResolutionMode(rawValue: name) else {
    throw Unsupported(what: "mode '\(name)'")
  }
  let target = try verification.required("inputs/target")
  let low = lowResolution(
    target.reshaped(Shape([1] + target.shape.dimensions)),
    factor: try verification.setting("factor"), mode: mode)
  return try compare(["output": low], with: verification)
}
