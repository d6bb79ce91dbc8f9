import ArgumentParser
import Data
import Foundation
import Training

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Writes the predictions of the test split, shared among the ranks.",
    discussion: """
      For each sample a 16-bit PNG of the prediction, in depth, and a picture in pictures: guide, low resolution, \
      prediction, truth, error. predictions.csv names them, with what one count of the prediction is in the \
      dataset's unit (0.001 = a millimetre, for metric depth) and the root mean square error, in centimetres for \
      metric depth.
      """)

  @OptionGroup var settings: ConfigurationArguments

  @Option(help: "Checkpoint, or a run folder of which the newest is taken; not needed by Bilinear.")
  var weights: String?

  @Option(help: ArgumentHelp("Folder for what is written.", valueName: "dir"))
  var out: String

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    try withRanks { communicator in
      let configuration = try communicator.together { try settings.load() }
      let written = try writePredictions(
        configuration, weights: weights, communicator: communicator, to: out)
      try communicator.together {
        guard communicator.isLeader else { return }
        try write(written.table)
        report(written.count)
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

  private func report(_ count: Int) {
    print(
      json
        ? JSONLine([("path", out), ("samples", count), ("table", table)]).text
        : "\(out): \(count) predictions in depth, pictures in pictures, listed in \(table)")
  }
}
