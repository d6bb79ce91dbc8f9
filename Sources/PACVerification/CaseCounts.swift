import PACHDF5

/// How many cases of each operation a case file holds, by the operation's name.
/// - Throws: `HDF5Error` if the file is none or holds no cases.
public func caseCounts(of path: String) throws -> [(operation: String, count: Int)] {
  let root = try openCases(path)
  let operations = try root.names().map { try root.group($0).string(attribute: "op") }
  return Dictionary(grouping: operations) { $0 }.map { ($0.key, $0.value.count) }
    .sorted { $0.operation < $1.operation }
}
