import PACSegmentation
import PACTraining
import PACUpsampling

@testable import PACData

extension FuzzTarget {
  /// A configuration; what follows a zero byte are overrides, one a line.
  static let configuration = FuzzTarget(
    name: "configuration",
    read: { input in
      let parts = input.bytes.split(separator: 0, maxSplits: 1).map {
        String(decoding: $0, as: UTF8.self)
      }
      let overrides = parts.dropFirst().first?.split(separator: "\n").map(String.init) ?? []
      _ = try TrainingConfiguration(
        yaml: parts.first ?? "", name: "input.yaml", overrides: overrides,
        tasks: [UpsamplingSettings.self, SegmentationSettings.self])
    },
    seeds: {
      let names = ["quickstart", "nyu_x8", "voc_pacfcn"]
      let files = try names.map { try fixture("Configs/\($0).yaml") }
      return files + [
        Array("run: a\ndata: b.h5\nfactor: 4\nlr-steps: [1, 2]\nseed: 7\0lr=1e-3\nepochs=2".utf8)
      ]
    })

  /// A list of the samples of a split, in each of the forms that preparations take, or of classes.
  static let identifiers = FuzzTarget(
    name: "ids",
    read: { input in
      let path = input.path()
      let results = [
        Result { _ = try VOCList(path) }, Result { _ = try ClassList(contentsOf: path) },
        Result {
          _ = try SplitLists(["train": path], images: ["a/2007_000033.jpg", "b/2007_000042.png"])
        },
      ]
      for result in results { try result.get() }
    },
    seeds: { [Array("2007_000033\n2007_000042 1\r\n\n 2007_000061\n".utf8)] })
}
