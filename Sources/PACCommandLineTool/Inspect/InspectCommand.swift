import ArgumentParser
import PACCheckpoints
import PACHDF5
import PACWeights

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows what a dataset, a checkpoint, a file of weights or a file of cases holds.")

  @Argument(help: "An HDF5 file, or weights as .pth or .safetensors.")
  var file: String

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let inspection = try inspect(file)
    print(json ? inspection.json.text : inspection.text)
  }
}

/// What a file holds, for people and for programs.
struct Inspection {
  /// `train.h5: dataset`.
  var title: String
  /// A word and what is to be said about it.
  var rows: [(name: String, text: String)]
  /// The same for programs.
  var json: JSONLine

  /// The rows below their title, indented.
  var text: String {
    let width = rows.map(\.name.count).max() ?? 0
    let lines = rows.filter { !$0.text.isEmpty }
      .map { "  " + columns([($0.name, width + 1), ($0.text, 0)]) }
    return ([title] + lines).joined(separator: "\n")
  }
}

/// Recognises an HDF5 file by the attribute `format` of its root; every other file can only hold weights.
private func inspect(_ path: String) throws -> Inspection {
  guard HDF5File.recognizes(path) else { return try inspectWeights(path) }
  let root = try HDF5File(reading: path).root
  let kinds = "a dataset, a checkpoint, a file of weights or a file of cases"
  guard root.hasAttribute("format") else {
    throw HDF5Error(
      file: path, problem: "an HDF5 file of another program", advice: "name \(kinds) of this one")
  }
  switch try root.string(attribute: "format") {
  case "pac-dataset": return try inspectDataset(path)
  case Checkpoint.format: return try inspectCheckpoint(path)
  case NetworkWeights.format: return try inspectWeights(path)
  case "pac-cases": return try inspectCases(path)
  case let format:
    throw HDF5Error(
      file: path, problem: "an HDF5 file of format '\(format)'", advice: "name \(kinds)")
  }
}
