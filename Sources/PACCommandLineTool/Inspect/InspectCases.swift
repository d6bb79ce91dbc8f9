import PACFiles
import PACVerification

/// Describes a case file: the number of cases of each operation.
func inspectCases(_ path: String) throws -> Inspection {
  let counts = try caseCounts(of: path)
  let total = counts.reduce(0) { $0 + $1.count }
  return Inspection(
    title: "\(path): \(total) cases for pac verify",
    rows: counts.map { (shown($0.operation), "\($0.count)") },
    json: JSONLine([
      ("path", path), ("kind", "cases"), ("cases", total),
      ("operations", JSONLine(counts.map { ($0.operation, $0.count) })),
    ]))
}
