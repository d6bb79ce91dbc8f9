import Foundation
import PACImageFiles
import PACTestSupport
import Testing

@testable import PACData

@Suite struct PrepareLabelsTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for part in ["images", "labels"] {
      try FileManager.default.createDirectory(
        atPath: folder(part), withIntermediateDirectories: true)
    }
    for index in 0..<5 {
      let (width, height) = (6 + index, 4 + index % 2)
      let count = width * height
      try PNG.write(
        Raster(
          width: width, height: height, channels: 3,
          samples: (0..<3 * count).map { UInt16($0 * 7 % 256) }),
        to: folder("images/street_\(index).png"))
      try writeLabels(index, (0..<count).map { [0, 1, 2, 255][$0 % 4] }, width)
    }
    try write(Array("road 128 64 128\nside walk\ncar 0 0 142\n".utf8), to: folder("classes.txt"))
  }

  private func writeLabels(_ index: Int, _ labels: [UInt16], _ width: Int) throws {
    try PNG.write(
      Raster(width: width, height: labels.count / width, channels: 1, samples: labels),
      to: folder("labels/street_\(index)_label.png"))
  }

  private func prepare(_ options: LabelsOptions = LabelsOptions()) throws {
    try prepareLabels(
      images: folder("images"), labels: folder("labels"), classes: folder("classes.txt"),
      to: folder("out.h5"), options: options)
  }

  @Test func everythingIsInTheDataset() throws {
    try prepare()
    let reader = try DatasetReader(folder("out.h5"))
    #expect(reader.splits == ["train": [0, 1, 2, 3], "val": [4]])
    #expect(reader.names == (0..<5).map { "street_\($0)" })
    #expect(reader.description.classNames == ["road", "side walk", "car"])
    #expect(reader.description.classColors[0] == PNG.Color(128, 64, 128))
    #expect(reader.description.classColors[1] == ClassColors.standard[1])
    #expect(reader.description.classColors[2] == PNG.Color(0, 0, 142))
    #expect(reader.description.submission == nil)
    let scene = try reader.read(3)
    #expect((scene.image.width, scene.image.height) == (9, 5))
    #expect(scene.labels?.bytes == (0..<45).map { [0, 1, 2, 255][$0 % 4] })
  }

  /// Colours that the list of classes states decide in RGB.
  @Test func colorsOfTheList() throws {
    let colors =
      ["road": [128, 64, 128], "car": [0, 0, 142], "none": [224, 224, 192]] as [String: [UInt16]]
    let pixels = ["road", "car", "none", "car"].flatMap { colors[$0] ?? [] }
    try PNG.write(
      Raster(
        width: 6, height: 4, channels: 3, samples: Array(repeating: pixels, count: 6).flatMap { $0 }
      ),
      to: folder("labels/street_0_label.png"))
    let summary = try prepareLabels(
      images: folder("images"), labels: folder("labels"), classes: folder("classes.txt"),
      to: folder("out.h5"))
    let sample = try DatasetReader(folder("out.h5")).read(0)
    #expect(sample.labels?.bytes == (0..<24).map { [0, 2, 255, 2][$0 % 4] })
    #expect(
      summary.remarks.map { $0.replacing(folder.path, with: "T") } == [
        "names differ, so files were paired by their numbers: T/images/street_0.png with "
          + "T/labels/street_0_label.png",
        "T/labels/street_0_label.png: class numbers follow from the colours, whose order is another "
          + "one than the classes'",
      ])
    #expect(summary.survey?.labelCounts?.prefix(3).reduce(0, +) == 18 + knownOthers)
  }

  private var knownOthers: Int {
    // Three of four pixels of the other files.
    (1..<5).reduce(0) { sum, index in
      let count = (6 + index) * (4 + index % 2)
      return sum + (0..<count).count { $0 % 4 != 3 }
    }
  }

  @Test func oneClassAlone() throws {
    for index in 0..<5 {
      let count = (6 + index) * (4 + index % 2)
      try writeLabels(index, (0..<count).map { $0 % 2 == 0 ? 0 : 255 }, 6 + index)
    }
    let summary = try prepareLabels(
      images: folder("images"), labels: folder("labels"), classes: folder("classes.txt"),
      to: folder("out.h5"))
    #expect(
      summary.remarks.first
        == "every labelled pixel is of class 0 (road), and 255 means not labelled: a mask of 0 and "
        + "255 needs other numbers")
  }

  @Test func valCountHoldsOutThatMany() throws {
    try prepare(LabelsOptions(held: .count(3)))
    #expect(try DatasetReader(folder("out.h5")).splits["val"] == [2, 3, 4])
  }

  @Test func errorsNameTheFile() throws {
    try writeLabels(2, (0..<32).map { $0 == 9 ? 3 : 0 }, 8)
    #expect(
      message { try prepare() }
        == "\(folder("labels"))/street_2_label.png: label 3 at row 1, column 1; labels are 0 to 2, and 255 for none"
    )
    try writeLabels(2, [0, 1], 2)
    #expect(
      message { try prepare() }
        == "\(folder("labels"))/street_2_label.png: 1 × 2 pixels (rows × columns), but the image has 4 × 8; make them equal"
    )
    try write(Array("road 128 64 300\n".utf8), to: folder("classes.txt"))
    #expect(
      message { try prepare() }
        == "\(folder("classes.txt")):1: a colour has parts from 0 to 255; fix the line")
    try write(Array("road\nroad\n".utf8), to: folder("classes.txt"))
    #expect(
      message { try prepare() }
        == "\(folder("classes.txt")): a class is named twice; give each a name of its own")
    #expect(!FileManager.default.fileExists(atPath: folder("out.h5")))
  }
}
