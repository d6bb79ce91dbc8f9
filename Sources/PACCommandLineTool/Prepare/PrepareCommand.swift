import ArgumentParser
import Foundation
import PACData
import PACText

struct PrepareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare",
    abstract: "Converts images and their ground truth into one HDF5 dataset.",
    discussion: """
      The file appears only when it is complete. docs/data-format.md describes its layout.
      """,
    subcommands: [
      PrepareSynthetic.self, PreparePairs.self, PrepareNYU.self, PrepareSintel.self,
      PrepareFastDepth.self, PrepareFlow.self, PrepareVOC.self,
      PrepareSegmentation.self,
    ])

  func run() throws {
    let kinds = Self.configuration.subcommands.compactMap { $0.configuration.commandName }
    throw ValidationError("Missing kind of data: \(enumeration(kinds))")
  }
}

/// The options that all preparations share.
struct PreparationOptions: ParsableArguments {
  @Option(help: "Dataset to write, such as data.h5.")
  var out: String

  @Flag(help: "Replace an existing file, once the new one is complete.")
  var force = false

  @Option(help: "Deflate level from 1 (fast) to 9 (small); 0 stores the data uncompressed.")
  var compression = 0

  @Flag(help: "Print the summary as one JSON object.")
  var json = false

  func validate() throws {
    guard (0...9).contains(compression) else {
      throw ValidationError("Cannot compress at level \(compression), choose from 0 to 9")
    }
  }

  /// Runs a preparation with a progress line, then prints a summary of the dataset, and what
  /// deserves a look on standard error.
  func report(
    _ prepare: (_ progress: (Int, Int) throws -> Void) throws -> DatasetSummary
  ) throws {
    if !force, FileManager.default.fileExists(atPath: out) {
      throw DataError("\(out): exists already; replace it with --force, or name another file")
    }
    var line = PreparationProgress("wrote")
    do {
      let summary = try prepare { line.update($0, $1) }
      for remark in summary.remarks { printError("warning: \(remark)") }
      print(json ? jsonLine(of: summary, more: surveyMembers(summary)).text : preparedText(summary))
    } catch {
      line.interrupt()
      throw error
    }
  }
}

struct PrepareSynthetic: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synthetic",
    abstract:
      "Renders rooms with exact depth, optical flow and class labels, or shapes with labels.",
    discussion: "The last scenes become the test split.")

  @OptionGroup var common: PreparationOptions

  @Option(help: "What to render: rooms for upsampling, shapes for segmentation.")
  var kind = SyntheticKind.rooms

  @Option(help: "Number of scenes.")
  var count = 64

  @Option(help: "Number of scenes in the test split (default: one in eight).")
  var testCount: Int?

  @Option(help: "Width of each image in pixels.")
  var width = 320

  @Option(help: "Height of each image in pixels.")
  var height = 240

  @Option(help: "Seed of all random numbers; equal seeds give equal datasets.")
  var seed: UInt64 = 0

  func run() throws {
    let options = SyntheticOptions(
      kind: kind, count: count, test: testCount.map(TestShare.count) ?? .ratio(0.125), width: width,
      height: height, seed: seed,
      compression: common.compression, createdBy: ProgramVersion.text)
    try common.report { try prepareSynthetic(to: common.out, options: options, progress: $0) }
  }
}

extension DepthUnit: ExpressibleByArgument {}
extension SyntheticKind: ExpressibleByArgument {}

extension SintelPass: ExpressibleByArgument {}

struct PrepareSintel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sintel",
    abstract: "Converts the training part of MPI-Sintel: images with optical flow.",
    discussion: """
      Expects the published layout, training/PASS/SCENE/frame_NNNN.png and \
      training/flow/SCENE/frame_NNNN.flo; scenes may be missing. The test split is the 133 \
      published pairs, as far as they are present, or the scenes of --test-scenes.
      """)

  @Argument(help: "Folder of the unpacked MPI-Sintel, which contains the folder training.")
  var root: String

  @OptionGroup var common: PreparationOptions

  @Option(help: "Rendering pass of the images: clean, final or albedo.")
  var pass = SintelPass.clean

  @Option(
    help: ArgumentHelp(
      "Scenes of the test split, separated by commas, such as alley_1,bamboo_2 (default: the "
        + "published split).", valueName: "scenes"))
  var testScenes: String?

  func run() throws {
    let options = SintelOptions(
      pass: pass, testScenes: testScenes?.split(separator: ",").map(String.init),
      compression: common.compression, createdBy: ProgramVersion.text)
    try common.report { progress in
      try prepareSintel(
        from: root, to: common.out, options: options,
        warn: { printError("warning: \($0)") }, progress: progress)
    }
  }
}
