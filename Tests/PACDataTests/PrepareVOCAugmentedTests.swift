import Foundation
import PACImageFiles
import PACTestSupport
import Testing

@testable import PACData

/// Pascal VOC as it is passed around with SBD's labels as grey PNG files.
@Suite struct PrepareVOCAugmentedTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private let voc = "VOCdevkit/VOC2012"

  private func writeLabels(_ number: Int, _ place: String, value: UInt16) throws {
    let samples: [UInt16] = [0, value, 255, value, 0, value]
    try folder.write(
      Data(PNG.encode(Raster(width: 3, height: 2, channels: 1, samples: samples))),
      as: "\(voc)/\(place)/2007_00000\(number).png")
  }

  private func writeList(_ lines: String, _ name: String) throws {
    try folder.write(Data(lines.utf8), as: "\(voc)/ImageSets/Segmentation/\(name).txt")
  }

  /// Images 1 and 2 train, 3 validates; their labels in `SegmentationClassAug` are bottle, bus, car.
  private func writeSet() throws {
    for number in 1...3 {
      let image = Raster(
        width: 3, height: 2, channels: 3, samples: [UInt16](repeating: UInt16(number), count: 18))
      try folder.write(
        Data(PNG.encode(image)), as: "\(voc)/JPEGImages/2007_00000\(number).jpg")
      try writeLabels(number, "SegmentationClassAug", value: UInt16(4 + number))
    }
    try writeList("2007_000003\n", "val")
  }

  private func pair(_ number: Int, _ labels: String = "SegmentationClassAug") -> String {
    "/JPEGImages/2007_00000\(number).jpg /\(labels)/2007_00000\(number).png\n"
  }

  private func prepare(_ lists: [String: String] = [:]) throws -> DatasetReader {
    try prepareVOC(
      from: folder("VOCdevkit"), to: folder("voc.h5"), options: VOCOptions(lists: lists))
    return try DatasetReader(folder("voc.h5"))
  }

  private func classes(_ reader: DatasetReader) throws -> [[UInt8]] {
    try reader.names.indices.map { Set(try reader.read($0).labels?.bytes ?? []).sorted() }
  }

  private let right: [[UInt8]] = [[0, 5, 255], [0, 6, 255], [0, 7, 255]]

  @Test func greyLabelsBesideVOCsLists() throws {
    try writeSet()
    try writeList("2007_000001\n2007_000002\n", "train")
    let reader = try prepare()
    #expect(reader.splits == ["train": [0, 1], "val": [2], "trainval": [0, 1, 2]])
    #expect(try classes(reader) == right)
  }

  @Test(arguments: ["train_aug", "trainaug"])
  func pairsOfPaths(_ name: String) throws {
    try writeSet()
    try writeList("2007_000002\n", "train")
    try writeList(pair(1) + pair(2), name)
    let reader = try prepare()
    #expect(
      reader.splits == [
        "train": [1], "val": [2], "trainval": [1, 2], "train_aug": [0, 1],
        "trainval_aug": [0, 1, 2],
      ])
    #expect(try classes(reader) == right)
  }

  @Test func givenListsAndWhichLabelsCount() throws {
    try writeSet()
    try writeList("2007_000002\n", "train")
    // VOC's own labels where no list says otherwise.
    for number in 1...3 { try writeLabels(number, "SegmentationClass", value: 20) }
    let list = try folder.write(Data(pair(1).utf8), as: "aug.txt")
    let reader = try prepare(["train_aug": list])
    #expect(reader.splits["train_aug"] == [0])
    #expect(try classes(reader) == [[0, 5, 255], [0, 20, 255], [0, 20, 255]])
    try writeList(pair(1, "SegmentationClass"), "train")
    #expect(
      message { _ = try prepare(["train_aug": list]) }
        == "list train_aug: names SegmentationClassAug/2007_000001.png for 2007_000001, but another "
        + "list names SegmentationClass/2007_000001.png; use the same labels in both")
  }

  @Test func faults() throws {
    try writeSet()
    try writeList(pair(1) + pair(2, "Masks"), "train")
    #expect(
      message { _ = try prepare() }
        == folder("\(voc)/Masks/2007_000002.png")
        + ": a list names it, but there is no such file; unpack all labels")
    let list = try folder.write(Data(pair(1).utf8), as: "aug.txt")
    try folder.write(Data(), as: "sbd/cls/x.mat")
    #expect(
      message {
        try prepareVOC(
          from: folder("VOCdevkit"), to: folder("voc.h5"),
          options: VOCOptions(sbd: folder("sbd"), lists: ["train_aug": list]))
      } == "list train_aug: the name is taken; choose another, such as train11 or val11")
  }
}
