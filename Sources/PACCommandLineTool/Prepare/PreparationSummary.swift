import Foundation
import PACData

/// What a preparation prints when it is done: counts, sizes and splits, then what each kind of
/// ground truth holds.
func preparedText(_ summary: DatasetSummary) -> String {
  let title = "\(summary.path): \(samplesText(summary)), \(splitsText(summary))"
  let rows = summary.survey.map { surveyRows($0, summary.description) } ?? []
  return ([title] + rows.map { "  " + columns([($0.name, 7), ($0.text, 0)]) })
    .joined(separator: "\n")
}

/// The members of the JSON object that a preparation adds to those of `pac inspect`.
func surveyMembers(_ summary: DatasetSummary) -> [(key: String, value: Any?)] {
  let survey = summary.survey
  func values(_ values: DatasetSurvey.Values?) -> JSONLine? {
    values.map {
      JSONLine([
        ("smallest", Double($0.smallest)), ("largest", Double($0.largest)),
        ("known", $0.knownCount), ("pixels", $0.count),
      ])
    }
  }
  return [
    ("depth_values", values(survey?.depth)), ("flow_lengths", values(survey?.flow)),
    (
      "label_pixels",
      survey?.labelCounts.map { $0.prefix(summary.description.classNames.count) }.map(Array.init)
    ),
    ("unlabelled_pixels", survey?.labelCounts?.last),
    ("remarks", summary.remarks),
  ]
}

private func surveyRows(
  _ survey: DatasetSurvey, _ description: DatasetDescription
) -> [(name: String, text: String)] {
  var rows: [(name: String, text: String)] = []
  if let depth = survey.depth {
    let unit = description.depthUnit == .metre ? " metres" : ""
    rows.append(("depth", "\(range(depth))\(unit), \(percent(depth.missingShare)) missing"))
  }
  if let flow = survey.flow {
    rows.append(("flow", "\(range(flow)) pixels, \(percent(flow.missingShare)) unknown"))
  }
  if let counts = survey.labelCounts {
    rows.append(("labels", labelsText(counts, description.classNames)))
  }
  return rows
}

private func range(_ values: DatasetSurvey.Values) -> String {
  values.knownCount == 0
    ? "none" : String(format: "%g to %g", Double(values.smallest), Double(values.largest))
}

/// `road 61.0 %, car 9.2 %, 3 of 5 classes do not occur, 12.0 % not labelled`, by share.
private func labelsText(_ counts: [Int], _ names: [String]) -> String {
  let total = max(counts.reduce(0, +), 1)
  func share(_ count: Int) -> String { percent(Double(count) / Double(total)) }
  let present = counts.indices.dropLast().filter { counts[$0] > 0 }
    .sorted { (-counts[$0], $0) < (-counts[$1], $1) }
  let shown = present.prefix(12).map { number in
    "\(names.indices.contains(number) ? names[number] : "class \(number)") \(share(counts[number]))"
  }
  let others = present.dropFirst(shown.count).reduce(0) { $0 + counts[$1] }
  let rest = others == 0 ? [] : ["\(present.count - shown.count) more classes \(share(others))"]
  let absent = names.count - present.count
  return
    (shown + rest + (absent > 0 ? ["\(absent) of \(names.count) classes do not occur"] : [])
    + ["\(share(counts.last ?? 0)) not labelled"]).joined(separator: ", ")
}

private func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
