import ArgumentParser
import Logging
import PACData

struct PrepareVOC: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "voc",
    abstract: "Takes Pascal VOC 2012, and SBD's labels, for semantic segmentation.",
    discussion: """
      The dataset holds the files' bytes and every split that follows from the lists: VOC's train, val, trainval \
      and test (without labels), with --sbd also train_aug and trainval_aug, and with --list train11=… and val11=… \
      (the lists of VOC 2011, which are not part of the devkit) trainval11, train11_sbd and val11_sbd. In a \
      configuration NAME_randN chooses N samples of a split.
      """)

  @Argument(help: "The unpacked VOCdevkit, or its folder VOC2012.")
  var root: String

  @OptionGroup var common: PreparationOptions

  @Option(help: ArgumentHelp("The unpacked SBD, benchmark_RELEASE.", valueName: "dir"))
  var sbd: String?

  @Option(
    name: .customLong("list"),
    help: ArgumentHelp("A split from a file of identifiers, one a line.", valueName: "name=file"))
  var lists: [String] = []

  func validate() throws {
    if common.compression != 0 {
      throw ValidationError("--compression has no effect here: image files are compressed already")
    }
    _ = try splits()
  }

  private func splits() throws -> [String: String] {
    var files: [String: String] = [:]
    for list in lists {
      let parts = list.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, parts[0].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
      else { throw ValidationError("--list needs NAME=FILE, not '\(list)'") }
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
