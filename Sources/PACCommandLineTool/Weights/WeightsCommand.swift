import ArgumentParser
import PACAutograd
import PACCheckpoints
import PACConfiguration
import PACText
import PACTraining
import PACWeights

struct WeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights", abstract: "Converts weights from one file format to another.",
    subcommands: [ConvertWeights.self])

  func run() throws { throw ValidationError("Missing command: convert") }
}

struct ConvertWeights: TaskCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Writes a network's weights in another file format.",
    discussion: """
      Reads checkpoints and weights in HDF5 (.h5), both formats of PyTorch's torch.save (.pth, \
      .pt) and .safetensors, recognised by their contents; of a run folder it reads the newest \
      intact checkpoint. The extension of OUT selects the output format: .h5, .pth, .pt or \
      .safetensors. Weights are written as float32, and PyTorch loads the .pth files with \
      weights_only=True. Parameters have their published names in .pth, .pt and .safetensors. \
      Shapes are not compared with any network until the weights are used.
      """)

  @Argument(help: ArgumentHelp("File of weights, checkpoint or run folder.", valueName: "in"))
  var input: String

  @Argument(help: ArgumentHelp("File to write, such as weights.pth.", valueName: "out"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "The network, such as fcn8s_crfi5p4d5641p4d5161, for files that do not state it.",
      valueName: "name"))
  var model: String?

  @Flag(help: "Overwrite OUT if it exists.")
  var force = false

  @Flag(help: "Print the summary as one JSON object.")
  var json = false

  func run(_ tasks: TaskList) throws {
    let done = try convertWeights(
      input, to: output, replacing: force, of: try model.map { try label($0, tasks) }
    ) { try names(of: $0, $1, tasks) }
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

  /// The label of the network that `--model` names.
  private func label(_ model: String, _ tasks: TaskList) throws -> NetworkLabel {
    guard let settings = tasks.settings(of: model) else {
      let networks = tasks.settings.map { type -> NetworkNames in type.networks }
      let problem = networks.lazy.compactMap { $0.fault(model) }.first
      throw ConfigurationError(
        place: "--model",
        problem: problem
          ?? "no network '\(model)'; choose \(enumeration(networks.flatMap(\.forms)))")
    }
    let label = settings.label
    guard label.attributes.isEmpty else {
      let others = label.attributes.keys.sorted().joined(separator: ", ")
      throw ConfigurationError(
        place: "--model",
        problem: "weights of \(model) also depend on \(others); leave --model out, their names are "
          + "the same in every format")
    }
    return label
  }

  /// The published names of the parameters of a file: those of its network, which it must fit if
  /// `--model` names it, or else of the network that it seems to belong to.
  private func names(
    of weights: NetworkWeights, _ network: NetworkLabel?, _ tasks: TaskList
  ) throws -> PublishedNames {
    guard let network, let settings = tasks.settings(of: network.model) else {
      return tasks.recognized(weights)?.names ?? .own
    }
    let names = settings.publishedNames
    if model != nil {
      let recognized = tasks.recognized(weights)
      let found = recognized?.names.constants ?? []
      guard found.map(\.name) == names.constants.map(\.name) else {
        let fit = recognized.map { "they fit \($0.description)" } ?? "no network is recognized"
        throw WeightsError.otherModel(weights.path, ["expected \(network.model)", fit])
      }
    }
    try weights.requireConstants(of: weights.match([], names: names))
    return names
  }
}
