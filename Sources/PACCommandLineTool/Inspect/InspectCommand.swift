import ArgumentParser
import PACCheckpoints
import PACFiles
import PACHDF5
import PACTraining
import PACWeights

struct InspectCommand: TaskCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows what a dataset, checkpoint, weights file or case file contains.")

  @Argument(help: "An HDF5 file, or weights in .pth or .safetensors, such as data.h5.")
  var file: String

  @Flag(help: "Print the description as one JSON object.")
  var json = false

  func run(_ tasks: TaskList) throws {
    let inspection = try inspect(file, tasks)
    print(json ? inspection.json.text : inspection.text)
  }
}

/// What a file contains, as text and as JSON.
struct Inspection {
  /// `train.h5: dataset`.
  var title: String
  /// Labels and their values; rows with an empty value are not printed.
  var rows: [(name: String, text: String)]
  /// The same as JSON.
  var json: JSONLine

  /// The title, and the rows indented below it.
  var text: String {
    let width = rows.map(\.name.count).max() ?? 0
    let lines = rows.filter { !$0.text.isEmpty }
      .map { "  " + columns([($0.name, width + 1), ($0.text, 0)]) }
    return ([title] + lines).joined(separator: "\n")
  }
}

/// Tells HDF5 files apart by the attribute `format` of their root; any other file must be weights.
private func inspect(_ path: String, _ tasks: TaskList) throws -> Inspection {
  guard HDF5File.recognizes(path) else { return try inspectWeights(path, tasks) }
  let root = try HDF5File(reading: path).root
  let kinds = "a dataset, a checkpoint, a file of weights or a file of cases"
  guard root.hasAttribute("format") else {
    throw HDF5Error(
      file: path, problem: "an HDF5 file of another program", advice: "name \(kinds) of this one")
  }
  switch try root.string(attribute: "format") {
  case "pac-dataset": return try inspectDataset(path)
  case Checkpoint.format: return try inspectCheckpoint(path)
  case NetworkWeights.format: return try inspectWeights(path, tasks)
  case "pac-cases": return try inspectCases(path)
  case let format:
    throw HDF5Error(
      file: path, problem: "an HDF5 file of format '\(shown(format))'", advice: "name \(kinds)")
  }
}
