import PACCheckpoints
import PACFiles
import PACTraining
import PACWeights

/// Describes a file of weights, ours in HDF5 or one of another program.
func inspectWeights(_ path: String, _ tasks: TaskList) throws -> Inspection {
  let weights = try NetworkWeights(reading: path)
  let count = weights.entries.reduce(0) { $0 + $1.shape.count }
  let network = weights.network
  // A fact here, although nothing else takes such weights.
  let faults = try weights.entries.compactMap { entry in
    try weights.fault(in: entry).map { (name: entry.name, fault: $0) }
  }
  let fit = network == nil ? tasks.recognized(weights)?.description : nil
  return Inspection(
    title: "\(path): \(weights.kind)",
    rows: [
      ("model", network.map { "\($0)" } ?? ""), ("fits", fit ?? ""),
      ("parameters", "\(count) in \(weights.entries.count) arrays"),
    ] + weights.entries.map(row)
      + faults.map { ("not finite", "\(shown($0.name)) holds \($0.fault)") }
      + weights.notes.map { ("note", $0) },
    json: JSONLine(
      [("path", path), ("kind", weights.kind), ("model", network?.model), ("fits", fit)]
        + (network.map(jsonAttributes) ?? []) + [
          ("parameter_count", count),
          ("parameters", JSONLine(weights.entries.map { ($0.name, $0.shape.dimensions) })),
          ("types", JSONLine(weights.entries.map { ($0.name, $0.type) })),
          ("non_finite", faults.isEmpty ? nil : JSONLine(faults.map { ($0.name, $0.fault) })),
          ("notes", weights.notes),
        ]))
}

private func row(_ entry: NetworkWeights.Entry) -> (name: String, text: String) {
  let type = entry.type == "float32" ? "" : entry.type
  let cells = [("\(entry.shape)", 18), ("\(entry.shape.count)", type.isEmpty ? 0 : 10), (type, 0)]
  return ("  \(shown(entry.name))", columns(cells.filter { !$0.0.isEmpty }))
}
