import ArgumentParser
import PACData

struct PrepareLabels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "labels",
    abstract: "Converts folders of images and label files, for segmentation.",
    discussion: """
      Images are PNG or JPEG. Label files are PNG, grey or with a palette: their numbers are the classes, 255 means not \
      labelled. If the classes have colours, label files may be RGB as well. Files belong together by their names. The last samples, by name, are held out in the split \
      val.
      """)

  @OptionGroup var common: PreparationOptions

  @Option(help: ArgumentHelp("Folder of the images.", valueName: "dir"))
  var images: String

  @Option(help: ArgumentHelp("Folder of the label files.", valueName: "dir"))
  var labels: String

  @Option(
    help: ArgumentHelp(
      """
      Text file with a line for each class, from class 0 on: its name and, if you like, its colour, such as \
      'road 128 64 128'.
      """,
      valueName: "file"))
  var classes: String

  @Option(help: "Number of samples in the split val (default: one in five).")
  var valCount: Int?

  func validate() throws {
    if common.compression != 0 {
      throw ValidationError(
        "--compression has no effect, since image files are compressed already; leave it out")
    }
  }

  func run() throws {
    let options = LabelsOptions(
      held: valCount.map(TestShare.count) ?? .ratio(0.2), createdBy: ProgramVersion.text)
    try common.report {
      try prepareLabels(
        images: images, labels: labels, classes: classes, to: common.out, options: options,
        progress: $0)
    }
  }
}
