import ArgumentParser
import PACData

struct PreparePairs: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pairs",
    abstract: "Converts folders of colour images and depth maps.",
    discussion: """
      Colour images are PNG or JPEG; depth maps are 8- or 16-bit PNG, .npy, .npz or .pfm. Files \
      are paired by name. The last samples, in the order of their names, become the test split, \
      unless lists say otherwise.
      """)

  @OptionGroup var common: PreparationOptions

  @Option(help: ArgumentHelp("Folder of the colour images.", valueName: "dir"))
  var rgb: String

  @Option(help: ArgumentHelp("Folder of the depth maps; may be the same one.", valueName: "dir"))
  var depth: String

  @OptionGroup var pairing: PairingArguments

  @Option(
    help: """
      Factor from the values in the depth files to --unit, such as 0.001 from millimetres to \
      metres (default: 1).
      """)
  var scale: Double?

  @Option(
    help: "Unit of the scaled depth: metre, or none for disparity and depth of unknown scale.")
  var unit = DepthUnit.unitless

  @Option(help: "Number of samples in the test split (default: 0).")
  var testCount: Int?

  @Option(
    help: "Fraction of the samples in the test split, such as 0.1, instead of --test-count.")
  var testRatio: Double?

  @Flag(help: "Treat depth 0 as a measured value instead of as missing.")
  var noMissing = false

  func validate() throws {
    try pairing.validate(
      count: ("--test-count", testCount), ratio: ("--test-ratio", testRatio))
  }

  func run() throws {
    let options = PairsOptions(
      depthScale: scale, depthUnit: unit, hasMissingDepth: !noMissing,
      test: testRatio.map(TestShare.ratio) ?? .count(testCount ?? 0),
      pairing: try pairing.options(), compression: common.compression,
      createdBy: ProgramVersion.text)
    try common.report {
      try preparePairs(
        colors: rgb, depths: depth, to: common.out, options: options, progress: $0)
    }
  }
}
