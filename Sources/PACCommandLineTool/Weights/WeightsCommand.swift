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
    abstract: "Writes a network's weights in another file format.",
    discussion: """
      Reads checkpoints and weights in HDF5 (.h5), both formats of PyTorch's torch.save (.pth, \
      .pt) and .safetensors, recognised by their contents; of a run folder it reads the newest \
      intact checkpoint. The extension of OUT selects the output format: .h5, .pth, .pt or \
      .safetensors. Weights are written as float32, and PyTorch loads the .pth files with \
      weights_only=True. Names and shapes are not compared with any network until the weights \
      are used.
      """)

  @Argument(help: ArgumentHelp("File of weights, checkpoint or run folder.", valueName: "in"))
  var input: String

  @Argument(help: ArgumentHelp("File to write, such as weights.pth.", valueName: "out"))
  var output: String

  @Flag(help: "Overwrite OUT if it exists.")
  var force = false

  @Flag(help: "Print the summary as one JSON object.")
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
