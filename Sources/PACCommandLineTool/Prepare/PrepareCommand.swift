import ArgumentParser
import PACData
import PACText

struct PrepareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare",
    abstract: "Makes an HDF5 dataset.",
    discussion:
      "The file appears when it is complete. Its layout is described in docs/data-format.md.",
    subcommands: [
      PrepareSynthetic.self, PreparePairs.self, PrepareNYU.self, PrepareSintel.self,
      PrepareVOC.self, PrepareLabels.self,
    ])

  func run() throws {
    let kinds = Self.configuration.subcommands.compactMap { $0.configuration.commandName }
    throw ValidationError("Missing kind of data: \(enumeration(kinds))")
  }
}

/// What every preparation is told and reports.
struct PreparationOptions: ParsableArguments {
  @Option(help: "The dataset to write; a file of that name is replaced.")
  var out: String

  @Option(help: "Deflate level from 1, fast, to 9, small; 0 = do not compress.")
  var compression = 0

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard (0...9).contains(compression) else {
      throw ValidationError("The compression is \(compression), it must be from 0 to 9")
    }
  }

  /// Prepares with a progress line, then prints what the dataset holds.
  func report(
    _ prepare: (_ progress: (Int, Int) throws -> Void) throws -> DatasetSummary
  ) throws {
    var line = PreparationProgress("wrote")
    do {
      let summary = try prepare { line.update($0, $1) }
      print(json ? jsonLine(of: summary).text : preparedLine(summary))
    } catch {
      line.interrupt()
      throw error
    }
  }
}

private func preparedLine(_ summary: DatasetSummary) -> String {
  "\(summary.path): \(samplesText(summary)), \(splitsText(summary))"
}

struct PrepareSynthetic: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synthetic",
    abstract:
      "Renders rooms with exact depth, optical flow and class labels, or shapes with labels.",
    discussion: "The last scenes are held out for testing.")

  @OptionGroup var common: PreparationOptions

  @Option(help: "What is rendered: rooms, for upsampling, or shapes, for segmentation.")
  var kind = SyntheticKind.rooms

  @Option(help: "How many scenes.")
  var count = 64

  @Option(help: "How many of them are held out for testing; one in eight if left out.")
  var testCount: Int?

  @Option(help: "Columns of each image.")
  var width = 320

  @Option(help: "Rows of each image.")
  var height = 240

  @Option(help: "What all random numbers are derived from.")
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

struct PreparePairs: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pairs",
    abstract: "Takes folders of colour images and depth maps.",
    discussion: """
      Colour images are PNG or JPEG, depth maps PNG of 8 or 16 bits or .npy; files belong together by their \
      names. The last samples, by name, are held out for testing.
      """)

  @OptionGroup var common: PreparationOptions

  @Option(help: ArgumentHelp("Folder of colour images.", valueName: "dir"))
  var rgb: String

  @Option(help: ArgumentHelp("Folder of depth maps; may be the same.", valueName: "dir"))
  var depth: String

  @Option(help: "One count of the depth files in the unit, 0.001 for millimetres; 1 if left out.")
  var scale: Double?

  @Option(help: "What scaled depth is: metre, or none if its scale is unknown or it is disparity.")
  var unit = DepthUnit.unitless

  @Option(help: "How many samples are held out for testing; 0 if left out.")
  var testCount: Int?

  @Option(help: "Which part of the samples is held out for testing, 0 to 1.")
  var testRatio: Double?

  @Flag(help: "Depth 0 is a measurement; without this option it means not measured.")
  var noMissing = false

  func validate() throws {
    if testCount != nil && testRatio != nil {
      throw ValidationError("Both --test-count and --test-ratio are given, leave one out")
    }
  }

  func run() throws {
    let options = PairsOptions(
      depthScale: scale, depthUnit: unit, hasMissingDepth: !noMissing,
      test: testRatio.map(TestShare.ratio) ?? .count(testCount ?? 0),
      compression: common.compression, createdBy: ProgramVersion.text)
    try common.report {
      try preparePairs(
        colors: rgb, depths: depth, to: common.out, options: options, progress: $0)
    }
  }
}

struct PrepareNYU: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nyu", abstract: "Takes the labelled part of NYU Depth V2.")

  @Argument(help: "nyu_depth_v2_labeled.mat")
  var mat: String

  @OptionGroup var common: PreparationOptions

  @Option(help: "How many samples, the first ones, train; 1000 of the published 1449 if left out.")
  var trainCount: Int?

  func run() throws {
    let options = NYUOptions(
      trainCount: trainCount, compression: common.compression, createdBy: ProgramVersion.text)
    try common.report {
      try prepareNYU(from: mat, to: common.out, options: options, progress: $0)
    }
  }
}

extension SintelPass: ExpressibleByArgument {}

struct PrepareSintel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sintel",
    abstract: "Takes the training part of MPI-Sintel: images with optical flow.",
    discussion: """
      The published layout: training/PASS/SCENE/frame_NNNN.png and training/flow/SCENE/frame_NNNN.flo. Any part of the \
      scenes may be there. Held out for testing are the 133 published pairs, as far as they are there, or the \
      scenes of --test-scenes.
      """)

  @Argument(help: "Folder into which MPI-Sintel was unpacked, with training in it.")
  var root: String

  @OptionGroup var common: PreparationOptions

  @Option(help: "Which images: clean, final or albedo.")
  var pass = SintelPass.clean

  @Option(
    help: ArgumentHelp(
      "Scenes to hold out in place of the published split, with commas between them.",
      valueName: "scenes"))
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
