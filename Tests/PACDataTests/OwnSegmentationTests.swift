import Foundation
import PACImageFiles
import PACTestSupport
import Testing

@testable import PACData

/// Label files as people have them: other numbers, lists of splits, names that patterns describe.
@Suite struct OwnSegmentationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes an image of 2 × 3 pixels and its labels.
  private func write(_ image: String, _ label: String, _ numbers: [UInt16]) throws {
    let picture = Raster(
      width: 3, height: 2, channels: 3, samples: (0..<18).map { UInt16($0 * 9) })
    try write(picture, image)
    try write(Raster(width: 3, height: 2, channels: 1, samples: numbers), label)
  }

  private func write(_ raster: Raster, _ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: URL(fileURLWithPath: folder(name)).deletingLastPathComponent().path,
      withIntermediateDirectories: true)
    try PNG.write(raster, to: folder(name))
  }

  private func write(_ text: String, _ name: String) throws -> String {
    try folder.write(Data(text.utf8), as: name)
  }

  private func prepare(
    _ options: LabelsOptions = LabelsOptions(held: .count(0)), labels: String = "l",
    classes: String? = nil
  ) throws -> DatasetSummary {
    try prepareLabels(
      images: folder("i"), labels: folder(labels), classes: classes, to: folder("out.h5"),
      options: options)
  }

  private func problem(
    _ options: LabelsOptions, classes: String? = nil
  ) -> String {
    message { _ = try prepare(options, classes: classes) }
      .replacing(folder.path, with: "T")
  }

  private func labels(_ sample: Int) throws -> [UInt8]? {
    try DatasetReader(folder("out.h5")).read(sample).labels?.bytes
  }

  @Test func classesAfterTheirNumbers() throws {
    try write("i/a.png", "l/a.png", [0, 1, 4, 255, 0, 0])
    #expect(
      try prepare().description.classNames == (0..<5).map { "class \($0)" })
    try write("i/a.png", "l/a.png", [255, 255, 255, 255, 255, 255])
    #expect(
      problem(LabelsOptions(held: .count(0)))
        == "T/out.h5: no pixel has a label; name the classes with --classes")
  }

  @Test func ignoredNumbersAndReducedZero() throws {
    try write("i/a.png", "l/a.png", [0, 1, 2, 255, 7, 3])
    _ = try prepare(
      LabelsOptions(numbers: LabelNumbers(ignored: [7, 0]), held: .count(0)))
    #expect(try labels(0) == [255, 1, 2, 255, 255, 3])
    let list = try write("road\ncar\nsky\n", "c.txt")
    let options = LabelsOptions(
      numbers: LabelNumbers(ignored: [7], reducesZero: true), held: .count(0))
    _ = try prepare(options, classes: list)
    #expect(try labels(0) == [255, 0, 1, 255, 255, 2])
    try write("i/b.png", "l/b.png", [1, 1, 1, 1, 1, 4])
    #expect(
      problem(options, classes: list)
        == "T/l/b.png: label 4 at row 1, column 2; labels are 1 to 3, and 0, 7, 255 for none")
  }

  /// Colours of the classes belong to the numbers after the reduction.
  @Test func reducedPalette() throws {
    try write("i/a.png", "l/a.png", [0, 0, 0, 0, 0, 0])
    let colors = [PNG.Color(0, 0, 0), PNG.Color(9, 9, 9), PNG.Color(8, 0, 0)]
    let encoded = try PNG.encode(
      Raster(width: 3, height: 2, channels: 1, samples: [0, 1, 2, 2, 1, 0]), colors: colors)
    _ = try folder.write(Data(encoded), as: "l/a.png")
    let list = try write("road 9 9 9\ncar 8 0 0\n", "c.txt")
    _ = try prepare(
      LabelsOptions(numbers: LabelNumbers(reducesZero: true), held: .count(0)), classes: list)
    #expect(try labels(0) == [255, 0, 1, 1, 0, 255])
  }

  @Test func listsNameTheSplits() throws {
    for name in ["a", "b", "c", "d"] {
      try write("i/\(name).png", "l/\(name).png", [0, 1, 0, 1, 0, 1])
    }
    // A photograph without labels does no harm, since no list names it.
    try FileManager.default.copyItem(atPath: folder("i/a.png"), toPath: folder("i/e.png"))
    let lists = [
      "train": try write("c\n# comment\n/data/i/a.png /data/l/a.png\n", "train.txt"),
      "test": try write("b.png\n", "test.txt"),
    ]
    let summary = try prepare(LabelsOptions(pairing: PairingOptions(lists: lists)))
    let reader = try DatasetReader(folder("out.h5"))
    #expect(reader.names == ["a", "b", "c"])
    #expect(reader.splits == ["train": [2, 0], "test": [1]])
    #expect(
      summary.remarks.map { $0.replacing(folder.path, with: "T") }
        == ["T/i: 2 images are on no list, left out"])
  }

  @Test(arguments: [
    (
      "train", "a\nx\n",
      "T/bad.txt, line 2: no image 'x'; give names of images, with or without the ending"
    ),
    ("train", "a\na.png\n", "T/bad.txt, line 2: 'a.png' is listed twice; remove one"),
    (
      "train", "a l/b.png\n",
      "T/bad.txt, line 1: names b.png, but the names of the files pair the image with a.png; say "
        + "how names correspond with --match"
    ),
    ("val", "b\n", "b.png is both in train and in val; remove it from one list"),
  ])
  func wrongLists(_ split: String, _ text: String, _ expected: String) throws {
    for name in ["a", "b"] { try write("i/\(name).png", "l/\(name).png", [0, 1, 0, 1, 0, 1]) }
    var lists = ["train": try write("b\n", "train.txt")]
    lists[split] = try write(text, "bad.txt")
    #expect(problem(LabelsOptions(pairing: PairingOptions(lists: lists))) == expected)
  }

  /// The layout of Cityscapes: folders of splits and towns.
  @Test func patternsWithFoldersAndSplits() throws {
    for (split, town, id) in [
      ("train", "x", "1"), ("train", "y", "1"), ("val", "x", "1"),
    ] {
      try write(
        "i/\(split)/\(town)/\(id)_photo.png", "l/\(split)/\(town)/\(id)_labelIds.png",
        [0, 1, 0, 1, 0, 1])
      // Other pictures lie beside the labels.
      try FileManager.default.copyItem(
        atPath: folder("i/\(split)/\(town)/\(id)_photo.png"),
        toPath: folder("l/\(split)/\(town)/\(id)_color.png"))
    }
    let match = try NamePatterns(
      image: "{split}/{town}/{id}_photo.png", truth: "{split}/{town}/{id}_labelIds.png")
    let pairing = PairingOptions(match: match)
    _ = try prepare(LabelsOptions(pairing: pairing))
    let reader = try DatasetReader(folder("out.h5"))
    #expect(reader.splits == ["train": [0, 1], "val": [2]])
    #expect(reader.names == ["train/x/1_photo", "train/y/1_photo", "val/x/1_photo"])

    try FileManager.default.removeItem(atPath: folder("l/val/x/1_labelIds.png"))
    #expect(
      problem(LabelsOptions(pairing: pairing))
        == "T/i, T/l: 1 images (val/x/1_photo.png) and 0 label files have no partner by "
        + "'{split}/{town}/{id}_photo.png' and '{split}/{town}/{id}_labelIds.png'; mend the "
        + "patterns, or leave such files out with --skip-unmatched")
    let summary = try prepare(
      LabelsOptions(pairing: PairingOptions(match: match, skipsUnmatched: true)))
    #expect(
      summary.remarks
        == ["val/x/1_photo.png: left out, since it has no partner"])
    #expect(try DatasetReader(folder("out.h5")).splits == ["train": [0, 1]])
  }

  /// Both kinds in one folder, told apart by their patterns.
  @Test func patternsInOneFolder() throws {
    for name in ["1", "2"] { try write("i/\(name).png", "i/\(name)_mask.png", [0, 1, 0, 1, 0, 1]) }
    let match = try NamePatterns(image: "{id}.png", truth: "{id}_mask.png")
    _ = try prepare(LabelsOptions(pairing: PairingOptions(match: match)), labels: "i")
    #expect(try DatasetReader(folder("out.h5")).names == ["1", "2"])
  }

  @Test(arguments: [
    (
      "a.png", "b.png",
      "the patterns 'a.png' and 'b.png' have no names in braces, or not the same ones; mark in both what the files of a pair share, such as {id}"
    ),
    (
      "{id}.png", "{it}.png",
      "the patterns '{id}.png' and '{it}.png' have no names in braces, or not the same ones; mark in both what the files of a pair share, such as {id}"
    ),
    (
      "{}.png", "{id}.png", "the pattern '{}.png' has a brace without a name, such as {id}; mend it"
    ),
    (
      "../{id}", "{id}",
      "the pattern '../{id}' has an empty part, '.' or '..'; give names below the folder"
    ),
  ])
  func wrongPatterns(_ image: String, _ truth: String, _ expected: String) {
    #expect(message { _ = try NamePatterns(image: image, truth: truth) } == expected)
  }

  @Test func patternsThatFitNothing() throws {
    try write("i/a.png", "l/a.png", [0, 1, 0, 1, 0, 1])
    let match = try NamePatterns(image: "{id}.jpg", truth: "{id}.png")
    #expect(
      problem(LabelsOptions(pairing: PairingOptions(match: match)))
        == "T/i: no images (.png, .jpg) that '{id}.jpg' fits; found 1 .png; mend the pattern")
  }
}
