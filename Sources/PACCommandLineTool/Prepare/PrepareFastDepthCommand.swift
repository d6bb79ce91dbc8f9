import ArgumentParser
import PACData

struct PrepareFastDepth: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fastdepth",
    abstract: "Converts frames of NYU Depth V2 that are one .h5 file each.",
    discussion: """
      Expects train/SCENE/*.h5 and val/official/*.h5, each with rgb, uint8 [3, H, W], and depth, \
      float32 [H, W] in metres. The frames of val become the test split. A folder without train \
      and val gives a training split alone.
      """)

  @Argument(help: "Folder that contains train and val.")
  var root: String

  @OptionGroup var common: PreparationOptions

  func run() throws {
    try common.report { progress in
      try prepareFastDepth(
        from: root, to: common.out, compression: common.compression,
        createdBy: ProgramVersion.text, warn: { printError("warning: \($0)") },
        progress: progress)
    }
  }
}
