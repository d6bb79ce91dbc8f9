import ArgumentParser
import PACData

struct PrepareFlow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flow",
    abstract: "Converts folders of images and optical flow.",
    discussion: """
      Images are PNG or JPEG; flow to the next image is .flo, .pfm with three channels, or 16-bit \
      PNG as KITTI's. Files belong together by their names; images without flow are left out. The \
      last samples, by name, become the test split, unless lists say otherwise. MPI-Sintel has a \
      command of its own.
      """)

  @OptionGroup var common: PreparationOptions

  @Option(help: ArgumentHelp("Folder of the images.", valueName: "dir"))
  var images: String

  @Option(help: ArgumentHelp("Folder of the flow; may be the same one.", valueName: "dir"))
  var flow: String

  @OptionGroup var pairing: PairingArguments

  @Option(help: "Number of samples in the test split (default: one in five).")
  var testCount: Int?

  @Option(
    help: "Fraction of the samples in the test split, such as 0.1, instead of --test-count.")
  var testRatio: Double?

  func validate() throws {
    try pairing.validate(
      count: ("--test-count", testCount), ratio: ("--test-ratio", testRatio))
  }

  func run() throws {
    let options = FlowOptions(
      pairing: try pairing.options(),
      test: testCount.map(TestShare.count) ?? .ratio(testRatio ?? 0.2),
      compression: common.compression, createdBy: ProgramVersion.text)
    try common.report {
      try prepareFlow(images: images, flows: flow, to: common.out, options: options, progress: $0)
    }
  }
}
