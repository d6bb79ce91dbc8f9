import ArgumentParser
import PACData

struct PrepareNYU: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nyu", abstract: "Converts the labelled part of NYU Depth V2.",
    discussion: """
      Which frames train and which test is said by one of --train-count, --splits and --list; \
      frames are numbered from 1.
      """)

  @Argument(help: "Path of nyu_depth_v2_labeled.mat.")
  var mat: String

  @OptionGroup var common: PreparationOptions

  @Option(
    help: """
      Number of samples, counted from the first, in the training split (default: 1000 of the \
      published 1449).
      """)
  var trainCount: Int?

  @Option(
    help: ArgumentHelp(
      "The dataset's own split, splits.mat, with the frames of trainNdxs and testNdxs.",
      valueName: "file"))
  var splits: String?

  @Option(
    name: .customLong("list"),
    help: ArgumentHelp(
      "A split given by a text file of frame numbers, such as test=test.txt; may be repeated.",
      valueName: "name=file"))
  var lists: [String] = []

  func validate() throws {
    let given = [trainCount != nil, splits != nil, !lists.isEmpty].count(where: \.self)
    guard given <= 1 else {
      throw ValidationError(
        "More than one of --train-count, --splits and --list is given, choose one")
    }
    _ = try listFiles(lists)
  }

  func run() throws {
    let options = NYUOptions(
      trainCount: trainCount, splits: splits, lists: try listFiles(lists),
      compression: common.compression, createdBy: ProgramVersion.text)
    try common.report {
      try prepareNYU(from: mat, to: common.out, options: options, progress: $0)
    }
  }
}

/// The files of `--list NAME=FILE` by the names of their splits.
func listFiles(_ lists: [String]) throws -> [String: String] {
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
