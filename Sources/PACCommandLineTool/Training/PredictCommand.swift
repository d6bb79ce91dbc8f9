import ArgumentParser
import Foundation
import PACData
import PACTraining

struct PredictCommand: TaskCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Writes the predictions of the test split, shared among the ranks.",
    discussion: """
      Upsampling: for each sample the prediction (depth: PNG of 16 bits; flow: .flo, and colour-coded), an error map, and a \
      picture of guide, low resolution, prediction, truth and error; with --compare the predictions and errors of \
      several networks side by side. Segmentation: the predicted classes as PNG with the dataset's palette, in the \
      layout and archive that its evaluation server expects, if it has one; and a picture of the photograph with \
      prediction and truth over it. predictions.csv lists the files and the metrics of each sample; docs/upsampling.md \
      and docs/segmentation.md explain its columns.
      """)

  @OptionGroup var settings: ConfigurationArguments

  @OptionGroup var source: WeightsOption

  @OptionGroup var comparison: ComparisonArguments

  @Option(help: ArgumentHelp("Folder for what is written.", valueName: "dir"))
  var out: String

  @Flag(help: "Segmentation: write the network's scores, too, as .npy [C, H, W] in scores.")
  var scores = false

  @Flag(help: "Print one JSON object.")
  var json = false

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
        communicator: communicator, to: out, keepsScores: scores,
        note: { source.report($0, communicator) })
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
      throw DataError("\(table): cannot write the file; check the folder and the space of the disk")
    }
  }

  private func report(_ written: WrittenPredictions) {
    let line = JSONLine([
      ("path", out), ("samples", written.count), ("table", table), ("archive", written.archive),
    ])
    let archive = written.archive.map { "; all in \($0)" } ?? ""
    print(
      json
        ? line.text
        : "\(out): \(written.count) predictions, listed with their files in \(table)\(archive)")
  }
}
