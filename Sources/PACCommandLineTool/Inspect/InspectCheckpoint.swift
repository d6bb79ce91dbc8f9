import PACCheckpoints
import PACFiles

/// Describes a checkpoint after verifying its checksum.
func inspectCheckpoint(_ path: String) throws -> Inspection {
  let checkpoint = try Checkpoint(reading: path)
  let parameters = checkpoint.parameters.map {
    ($0.name, $0.value.shape.dimensions, $0.value.count)
  }
  let faults = checkpoint.parameters.compactMap { parameter in
    parameter.value.firstNonFinite.map { (name: parameter.name, fault: "\($0)") }
  }
  let count = checkpoint.parameterCount
  return Inspection(
    title: "\(path): checkpoint",
    rows: [
      ("model", "\(checkpoint.network)"),
      ("epoch", "\(checkpoint.epoch) (counted from 0), \(checkpoint.stepInEpoch) steps in it"),
      ("step", "\(checkpoint.step)"), ("seed", "\(checkpoint.seed)"),
      ("optimizer", checkpoint.optimizer),
      ("computed", checkpoint.arithmetic.map { "on \($0)" } ?? ""),
      ("parameters", "\(count) in \(parameters.count) arrays"),
    ] + (checkpoint.frozen.isEmpty ? [] : [("frozen", listed(checkpoint.frozen))])
      + parameters.map { ("  \(shown($0.0))", columns([("\($0.1)", 18), ("\($0.2)", 0)])) }
      + faults.map { ("not finite", "\(shown($0.name)) holds \($0.fault)") },
    json: JSONLine(
      [("path", path), ("kind", "checkpoint"), ("model", checkpoint.network.model)]
        + jsonAttributes(of: checkpoint.network) + [
          ("epoch", checkpoint.epoch), ("step", checkpoint.step),
          ("step_in_epoch", checkpoint.stepInEpoch), ("seed", checkpoint.seed),
          ("optimizer", checkpoint.optimizer), ("parameter_count", count),
          ("threads", checkpoint.arithmetic?.threads),
          ("processor", checkpoint.arithmetic?.processor),
          ("instruction_set", checkpoint.arithmetic?.instructionSet),
          ("parameters", JSONLine(parameters.map { ($0.0, $0.1) })),
          ("frozen", checkpoint.frozen.isEmpty ? nil : checkpoint.frozen),
          ("non_finite", faults.isEmpty ? nil : JSONLine(faults.map { ($0.name, $0.fault) })),
          ("configuration", checkpoint.configuration),
        ]))
}
