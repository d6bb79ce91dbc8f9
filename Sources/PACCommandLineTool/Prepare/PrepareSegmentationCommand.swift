import ArgumentParser
import PACData

struct PrepareSegmentation: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "segmentation",
    abstract: "Converts folders of images and label files, for segmentation.",
    discussion: """
      Images are PNG or JPEG. Label files are PNG, grey or with a palette: their numbers are the \
      classes, 255 means not labelled. If the classes have colours, label files may be RGB as \
      well. Files belong together by their names. The last samples, by name, are held out in the \
      split val, unless lists say otherwise.
      """,
    aliases: ["labels"])

  @OptionGroup var common: PreparationOptions

  @Option(help: ArgumentHelp("Folder of the images.", valueName: "dir"))
  var images: String

  @Option(help: ArgumentHelp("Folder of the label files; may be the same one.", valueName: "dir"))
  var labels: String

  @Option(
    help: ArgumentHelp(
      """
      Text file with a line for each class, from class 0 on: its name and, if you like, its \
      colour, such as 'road 128 64 128' (default: as many classes as the label files hold).
      """,
      valueName: "file"))
  var classes: String?

  @OptionGroup var pairing: PairingArguments

  @Option(
    help: ArgumentHelp(
      "A number in the label files that means not labelled, besides 255; may be repeated.",
      valueName: "number"))
  var ignore: [Int] = []

  @Flag(help: "0 means not labelled, and number 1 is class 0.")
  var reduceZeroLabel = false

  @Option(help: "Number of samples in the split val (default: one in five).")
  var valCount: Int?

  @Option(help: "Fraction of the samples in the split val, instead of --val-count.")
  var valRatio: Double?

  func validate() throws {
    if common.compression != 0 {
      throw ValidationError(
        "--compression has no effect, since image files are compressed already; leave it out")
    }
    try pairing.validate(count: ("--val-count", valCount), ratio: ("--val-ratio", valRatio))
    if let wrong = ignore.first(where: { !(0...65535).contains($0) }) {
      throw ValidationError("--ignore \(wrong): numbers in label files are 0 to 65535")
    }
  }

  func run() throws {
    let options = LabelsOptions(
      pairing: try pairing.options(),
      numbers: LabelNumbers(ignored: Set(ignore), reducesZero: reduceZeroLabel),
      held: valCount.map(TestShare.count) ?? .ratio(valRatio ?? 0.2),
      createdBy: ProgramVersion.text)
    try common.report {
      try prepareLabels(
        images: images, labels: labels, classes: classes, to: common.out, options: options,
        progress: $0)
    }
  }
}
