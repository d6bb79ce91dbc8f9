import ArgumentParser
import Foundation
import PACData
import PACTraining

struct PredictCommand: TaskCommand, RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Writes the predictions for the test split; the ranks share the samples.",
    discussion: """
      Upsampling writes for each sample the prediction (depth as 16-bit PNG; flow as .flo and \
      colour-coded), an error map, and a picture of guide, low-resolution input, prediction, \
      ground truth and error; with --compare it shows the predictions and errors of several \
      networks side by side. Segmentation writes the predicted classes as PNG with the dataset's \
      palette, in the layout and archive that its evaluation server expects if it has one, and a \
      picture of the image with prediction and ground truth overlaid. predictions.csv lists the \
      files and metrics of each sample; docs/upsampling.md and docs/segmentation.md explain its \
      columns. A folder that holds the predictions of another run is refused without --force.
      """)

  @OptionGroup var settings: ConfigurationArguments

  @OptionGroup var source: WeightsOption

  @OptionGroup var comparison: ComparisonArguments

  @Option(help: ArgumentHelp("Folder to write to, created if it is missing.", valueName: "dir"))
  var out: String

  @Flag(
    help: "Also write the network's scores, [C, H, W], as scores/NAME.npy (segmentation only).")
  var scores = false

  @Option(help: "Only so many samples, from the first of the split on, and no archive.")
  var first: Int?

  @Flag(help: "Write into a folder that holds predictions of another run.")
  var force = false

  @Flag(help: "Print the summary as one JSON object.")
  var json = false

  func validate() throws {
    if let first, first < 1 {
      throw ValidationError("Cannot predict --first \(first) samples, choose 1 or more")
    }
  }

  func run(_ tasks: TaskList) throws {
    try withRanks { communicator in
      let (network, others) = try communicator.together {
        (
          try ComparedNetwork(try settings.load(tasks), weights: source.weights, at: "--weights"),
          try comparison.networks(tasks, settings)
        )
      }
      let written = try writePredictions(
        of: network, tasks: tasks, besides: others,
        communicator: communicator, to: out, keepsScores: scores, first: first,
        replacing: force, note: { source.report($0, communicator) })
      try communicator.together {
        guard communicator.isRankZero else { return }
        try write(written.table)
        report(written)
      }
    }
  }

  private var table: String { "\(out)/predictions.csv" }

  private func write(_ text: String) throws {
    do {
      try text.write(toFile: table, atomically: true, encoding: .utf8)
    } catch {
      throw DataError("\(table): cannot write the file; check the folder and the free disk space")
    }
  }

  private func report(_ written: WrittenPredictions) {
    let line = JSONLine([
      ("path", out), ("samples", written.count), ("table", table), ("archive", written.archive),
    ])
    let archive = written.archive.map { "; archive for upload: \($0)" } ?? ""
    print(
      json
        ? line.text
        : "\(out): wrote \(written.count) predictions, listed in \(table)\(archive)")
  }
}
