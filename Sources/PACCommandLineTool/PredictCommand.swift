import ArgumentParser
import Foundation
import PACData
import PACTraining

struct PredictCommand: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Writes the predictions of the test split, shared among the ranks.",
    discussion: """
      For each sample the prediction, depth as PNG of 16 bits in depth, flow as .flo in flow and colour-coded in colors; an \
      error map in errors; and a picture in pictures: guide, low resolution, prediction, truth, error, or with \
      --compare guide, truth and all predictions, below them low resolution and all errors. predictions.csv \
      names them, with what one count of a depth file is in the dataset's unit (0.001 = a millimetre, for metric \
      depth), the error of the error map's lightest colour, and the measures, in centimetres for metric depth.

      Of a segmentation network the classes as PNG with VOC's palette in results/VOC2012/Segmentation/comp6_SPLIT_cls, \
      the layout of VOC's evaluation server; all of them in comp6_SPLIT_cls.tgz, ready to upload; and in pictures \
      the photograph with prediction and truth over it.
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

  func run() throws {
    try withRanks { communicator in
      let (network, others) = try communicator.together {
        (
          try ComparedNetwork(try settings.load(), weights: source.weights, at: "--weights"),
          try comparison.networks(settings)
        )
      }
      let written = try writePredictions(
        network.configuration, weights: network.weights, besides: others,
        communicator: communicator, to: out, keepsScores: scores,
        note: { source.report($0, communicator) })
      try communicator.together {
        guard communicator.isLeader else { return }
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
      ("path", out), ("samples", written.count), ("table", table), ("archive", written.further),
    ])
    let further = written.further.map { "; all in \($0)" } ?? ""
    print(
      json
        ? line.text
        : "\(out): \(written.count) predictions, listed with their files in \(table)\(further)")
  }
}
