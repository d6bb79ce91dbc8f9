import ArgumentParser
import Logging
import PACData

struct PrepareVOC: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "voc",
    abstract: "Converts Pascal VOC 2012, optionally with SBD's labels, for segmentation.",
    discussion: """
      The dataset keeps the image files as they are, and has every split that the lists give: \
      VOC's train, val, trainval and test (which has no labels); with --sbd also train_aug and \
      trainval_aug; and with --list train11=… and --list val11=… (the lists of VOC 2011, which \
      the devkit does not include) trainval11, train11_sbd and val11_sbd. Labels may also lie in \
      SegmentationClassAug, with the list train_aug.txt beside VOC's own or with \
      --list train_aug=…. In a configuration, NAME_randN selects N samples of a split.
      """)

  @Argument(help: "Folder of the unpacked VOCdevkit, or VOC2012 inside it.")
  var root: String

  @OptionGroup var common: PreparationOptions

  @Option(help: ArgumentHelp("Folder of the unpacked SBD, benchmark_RELEASE.", valueName: "dir"))
  var sbd: String?

  @Option(
    name: .customLong("list"),
    help: ArgumentHelp(
      "A split given by a file of image names or paths, one per line, such as "
        + "train11=train11.txt; may be repeated.", valueName: "name=file"))
  var lists: [String] = []

  func validate() throws {
    if common.compression != 0 {
      throw ValidationError(
        "--compression has no effect, since image files are compressed already; leave it out")
    }
    _ = try listFiles(lists)
  }

  func run() throws {
    let logger = Logger(label: "pac prepare")
    let options = VOCOptions(
      sbd: sbd, lists: try listFiles(lists), createdBy: ProgramVersion.text)
    try common.report { progress in
      try prepareVOC(
        from: root, to: common.out, options: options, warn: { logger.warning("\($0)") },
        progress: progress)
    }
  }
}
