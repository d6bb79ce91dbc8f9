import Foundation
import PACData

/// Describes a dataset.
func inspectDataset(_ path: String) throws -> Inspection {
  let summary = try DatasetReader(path).summary
  let description = summary.description
  let origin = [
    summary.created, description.createdBy.isEmpty ? "" : "by \(description.createdBy)",
  ]
  let fields = summary.fields.map { field in
    (name: field.field.rawValue, text: "\(field.type) \(field.shape)\(remark(field, description))")
  }
  return Inspection(
    title: "\(path): dataset, version \(summary.version)",
    rows: [("samples", samplesText(summary)), ("splits", splitsText(summary))] + fields + [
      ("source", description.source), ("contents", description.text),
      ("created", origin.filter { !$0.isEmpty }.joined(separator: " ")),
    ] + summary.remarks.map { ("note", $0) },
    json: jsonLine(of: summary, more: [("remarks", summary.remarks)]))
}

/// `64 samples of 240 × 320 pixels (rows × columns)`, or the range of sizes.
func samplesText(_ summary: DatasetSummary) -> String {
  let rows = range(summary.smallestHeight, summary.largestHeight)
  let columns = range(summary.smallestWidth, summary.largestWidth)
  let noun = summary.count == 1 ? "sample" : "samples"
  return "\(summary.count) \(noun) of \(rows) × \(columns) pixels (rows × columns)"
}

/// `train 56, test 8`.
func splitsText(_ summary: DatasetSummary) -> String {
  let splits = orderedSplits(summary).map { "\($0.key) \($0.value)" }
  return splits.isEmpty ? "no splits" : splits.joined(separator: ", ")
}

/// The same as one JSON object, with `more` members at its end.
func jsonLine(
  of summary: DatasetSummary, more: [(key: String, value: Any?)] = []
) -> JSONLine {
  let description = summary.description
  let hasDepth = summary.fields.contains { $0.field == .depth }
  let fields = summary.fields.map { field in
    (
      key: field.field.rawValue,
      value: JSONLine([("shape", field.shape), ("type", "\(field.type)")]) as Any?
    )
  }
  let members: [(key: String, value: Any?)] = [
    ("path", summary.path), ("kind", "dataset"), ("version", summary.version),
    ("samples", summary.count), ("height", summary.largestHeight),
    ("width", summary.largestWidth),
    ("smallest_height", summary.smallestHeight), ("smallest_width", summary.smallestWidth),
    ("splits", JSONLine(orderedSplits(summary).map { ($0.key, $0.value) })),
    ("fields", JSONLine(fields)),
    ("depth_unit", hasDepth ? description.depthUnit.rawValue : nil),
    ("classes", description.classNames.isEmpty ? nil : description.classNames),
    ("missing_depth", hasDepth ? description.missingDepth.map { Double($0) } : nil),
    ("source", description.source), ("description", description.text),
    ("collection", description.collection.isEmpty ? nil : description.collection),
    ("created", summary.created), ("created_by", description.createdBy),
  ]
  return JSONLine(members + more)
}

/// Training first, the others by name.
private func orderedSplits(_ summary: DatasetSummary) -> [(key: String, value: Int)] {
  let rank = { (name: String) in name == "train" ? 0 : 1 }
  return summary.splits.sorted { (rank($0.key), $0.key) < (rank($1.key), $1.key) }
}

private func remark(_ field: DatasetSummary.Field, _ description: DatasetDescription) -> String {
  switch field.field {
  case .depth:
    let unit = description.depthUnit == .metre ? "in metres" : "of unknown unit"
    let missing = description.missingDepth.map { String(format: "%g = not measured", $0) }
    return ", \(unit), \(missing ?? "every pixel measured")"
  case .flow: return ", in pixels"
  case .image: return field.isFiles ? " bytes of image files" : ""
  case .labels:
    let classes = description.classNames.isEmpty ? "" : ", \(description.classNames.count) classes"
    return (field.isFiles ? " bytes of image files" : "") + classes
  }
}

private func range(_ smallest: Int, _ largest: Int) -> String {
  smallest == largest ? "\(largest)" : "\(smallest) to \(largest)"
}
