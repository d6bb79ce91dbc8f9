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
      the devkit does not include) trainval11, train11_sbd and val11_sbd. In a configuration, \
      NAME_randN selects N samples of a split.
      """)

  @Argument(help: "Folder of the unpacked VOCdevkit, or VOC2012 inside it.")
  var root: String

  @OptionGroup var common: PreparationOptions

  @Option(help: ArgumentHelp("Folder of the unpacked SBD, benchmark_RELEASE.", valueName: "dir"))
  var sbd: String?

  @Option(
    name: .customLong("list"),
    help: ArgumentHelp(
      "A split given by a file of image names, one per line, such as train11=train11.txt; may be "
        + "repeated.", valueName: "name=file"))
  var lists: [String] = []

  func validate() throws {
    if common.compression != 0 {
      throw ValidationError(
        "--compression has no effect, since image files are compressed already; leave it out")
    }
    _ = try splits()
  }

  private func splits() throws -> [String: String] {
    var files: [String: String] = [:]
    for list in lists {
      let parts = list.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, parts[0].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
      else { throw ValidationError("--list expects NAME=FILE, not '\(list)'") }
      guard files.updateValue(parts[1], forKey: parts[0]) == nil else {
        throw ValidationError("--list \(parts[0]) is given twice")
      }
    }
    return files
  }

  func run() throws {
    let logger = Logger(label: "pac prepare")
    let options = VOCOptions(
      sbd: sbd, lists: try splits(), createdBy: ProgramVersion.text)
    try common.report { progress in
      try prepareVOC(
        from: root, to: common.out, options: options, warn: { logger.warning("\($0)") },
        progress: progress)
    }
  }
}
