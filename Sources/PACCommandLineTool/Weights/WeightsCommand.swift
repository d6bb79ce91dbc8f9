import ArgumentParser
import PACCheckpoints

struct WeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights", abstract: "Converts weights from one file format to another.",
    subcommands: [ConvertWeights.self])

  func run() throws { throw ValidationError("Missing command: convert") }
}

struct ConvertWeights: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Copies a network's weights into a file of another format.",
    discussion: """
      Reads checkpoints and weights in HDF5 (.h5), files of PyTorch's torch.save in both formats (.pth, .pt) and \
      .safetensors, told apart by their contents; of a run folder the newest good checkpoint. The end of OUT says what \
      is written: .h5, .pth, .pt or .safetensors. Weights are written as float32; PyTorch opens .pth files with \
      weights_only=True. Names and shapes are compared with a network when the weights are used.
      """)

  @Argument(help: ArgumentHelp("File of weights, or a run folder.", valueName: "in"))
  var input: String

  @Argument(help: ArgumentHelp("The file to write.", valueName: "out"))
  var output: String

  @Flag(help: "Replace OUT if it exists.")
  var force = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let done = try convertWeights(input, to: output, replacing: force)
    if json {
      print(
        JSONLine([
          ("input", done.input), ("input_kind", done.inputKind), ("path", done.output),
          ("kind", done.format.name), ("tensors", done.tensorCount),
          ("elements", done.elementCount), ("notes", done.notes),
        ]).text)
    } else {
      print(
        "\(done.output): \(done.format.name), \(done.elementCount) numbers in "
          + "\(done.tensorCount) arrays, from \(done.input) (\(done.inputKind))")
      for note in done.notes { print("  \(note)") }
    }
  }
}
