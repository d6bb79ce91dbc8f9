import PACHDF5

/// The number of cases of each operation in a case file, sorted by the operation's name.
/// - Throws: `HDF5Error` if it is not an HDF5 file with cases.
public func caseCounts(of path: String) throws -> [(operation: String, count: Int)] {
  let root = try openCases(path)
  let operations = try root.names().map { try root.group($0).string(attribute: "op") }
  return Dictionary(grouping: operations) { $0 }.map { ($0.key, $0.value.count) }
    .sorted { $0.operation < $1.operation }
}
