import Foundation
import PACImageFiles
import PACTestSupport
import Testing

@testable import PACData

@Suite struct PrepareVOCTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// An image of a size that follows from its number; stored as PNG, which is told from JPEG by its
  /// first bytes.
  private func writeImage(_ path: String, _ number: Int) throws {
    let (width, height) = (6 + number, 4 + number % 3)
    let samples = (0..<3 * width * height).map { UInt16(($0 * 7 + number * 31) % 256) }
    try write(
      PNG.encode(Raster(width: width, height: height, channels: 3, samples: samples)), path)
  }

  private func labels(_ number: Int) -> [UInt8] {
    (0..<(6 + number) * (4 + number % 3)).map { $0 % 9 == 8 ? 255 : UInt8(($0 + number) % 21) }
  }

  private func writeLabels(_ path: String, _ number: Int, _ labels: [UInt8]? = nil) throws {
    let raster = Raster(
      width: 6 + number, height: 4 + number % 3, channels: 1,
      samples: (labels ?? self.labels(number)).map { UInt16($0) })
    try write(PNG.encode(raster, colors: ClassColors.standard), path)
  }

  private func writeMATLAB(_ path: String, _ number: Int) throws {
    let (width, height) = (6 + number, 4 + number % 3)
    let values = labels(number).map { $0 == 255 ? 0 : ($0 + 1) % 21 }
    let builder = MATLABBuilder([("Segmentation", height, width, values)])
    try write([UInt8](builder.data()), path)
  }

  private func write(_ bytes: [UInt8], _ path: String) throws {
    try folder.write(Data(bytes), as: path)
  }

  private func writeList(_ numbers: [Int], _ path: String) throws {
    let text = numbers.map { "\(name($0))\n" }.joined()
    try folder.write(Data(text.utf8), as: path)
  }

  private func name(_ number: Int) -> String { "2007_00000\(number)" }

  /// VOC: 0 and 1 train, 2 and 3 validate, 4 is tested; SBD: 1, 2 and 5 train, 6 validates.
  private func writeDevkit() throws {
    let voc = "VOCdevkit/VOC2012"
    for number in 0..<5 { try writeImage("\(voc)/JPEGImages/\(name(number)).jpg", number) }
    for number in 0..<4 { try writeLabels("\(voc)/SegmentationClass/\(name(number)).png", number) }
    for (split, numbers) in [("train", [1, 0]), ("val", [2, 3]), ("test", [4])] {
      try writeList(numbers, "\(voc)/ImageSets/Segmentation/\(split).txt")
    }
    for number in [1, 2, 5, 6] {
      try writeImage("sbd/dataset/img/\(name(number)).jpg", number)
      try writeMATLAB("sbd/dataset/cls/\(name(number)).mat", number)
    }
    try writeList([1, 2, 5], "sbd/dataset/train.txt")
    try writeList([6], "sbd/dataset/val.txt")
    try writeList([0], "train11.txt")
    try writeList([2, 3], "val11.txt")
  }

  private var root: String { folder("VOCdevkit") }

  @Test func everySplitAndEveryPixel() throws {
    try writeDevkit()
    let options = VOCOptions(
      sbd: folder("sbd"),
      lists: ["train11": folder("train11.txt"), "val11": folder("val11.txt")])
    try prepareVOC(
      from: root, to: folder("voc.h5"), options: options, warn: { Issue.record("warned: \($0)") })
    let reader = try DatasetReader(folder("voc.h5"))
    let expected: [String: [Int]] = [
      "train": [1, 0], "val": [2, 3], "trainval": [1, 0, 2, 3], "test": [4],
      "train_aug": [1, 0, 5, 6], "trainval_aug": [1, 0, 2, 3, 5, 6], "train11": [0],
      "val11": [2, 3], "trainval11": [0, 2, 3], "train11_sbd": [0, 1, 2, 5], "val11_sbd": [3],
    ]
    #expect(reader.splits == expected)
    #expect(reader.names == (0..<7).map(name))
    #expect(reader.description.classNames == PascalVOC.classNames)
    #expect(reader.description.classColors == ClassColors.standard)
    #expect(reader.description.submission == PascalVOC.submission)
    #expect((reader.maximumHeight, reader.maximumWidth) == (6, 12))
    for number in 0..<7 {
      let sample = try reader.read(number)
      let (width, height) = (6 + number, 4 + number % 3)
      #expect(sample.image.width == width && sample.image.height == height)
      #expect(sample.image.bytes[1] == UInt8((3 * 7 + number * 31) % 256))
      let own: [UInt8]? =
        number < 4
        ? labels(number)
        : number == 4 ? nil : labels(number).map { $0 == 255 ? 0 : ($0 + 1) % 21 }
      #expect(sample.labels?.bytes == own)
    }
    let choice = try reader.split("train_aug_rand2")
    #expect(choice.count == 2 && Set(choice).isSubset(of: [1, 0, 5, 6]))
    #expect(try DatasetReader(folder("voc.h5")).split("train_aug_rand2") == choice)
    #expect(
      message { try reader.split("train_rand3") }
        == folder("voc.h5") + ": train_rand3 of the 2 samples of train; choose 1 to 2")
  }

  @Test func withoutSBDAndFromTheInnerFolder() throws {
    try writeDevkit()
    var warnings: [String] = []
    let summary = try prepareVOC(
      from: root + "/VOC2012", to: folder("voc.h5"), warn: { warnings.append($0) })
    #expect(summary.splits == ["train": 2, "val": 2, "trainval": 4, "test": 1])
    #expect(summary.version == 2)
    #expect(
      warnings == [
        "without --list train11=FILE and --list val11=FILE there are no splits train11, val11, "
          + "train11_sbd and val11_sbd, which the paper uses; the files are "
          + "ImageSets/Segmentation/train.txt and val.txt of VOC 2011 "
          + "(VOCtrainval_25-May-2011.tar)"
      ])
  }

  /// A split that could be there, and what to add for it.
  @Test(arguments: [
    ("train11", "--list train11=FILE --list val11=FILE, ImageSets/"),
    ("trainval11", "--list train11=FILE --list val11=FILE, ImageSets/"),
    ("train11_rand5", "--list train11=FILE --list val11=FILE, ImageSets/"),
    ("val11_sbd", "--sbd FOLDER --list train11=FILE --list val11=FILE, ImageSets/"),
    ("train_aug", "--sbd FOLDER, or --list train_aug=FILE with labels in SegmentationClassAug"),
  ])
  func missingSplitsSayHowToMakeThem(_ split: String, options: String) throws {
    try writeDevkit()
    try prepareVOC(from: root, to: folder("voc.h5"))
    let reader = try DatasetReader(folder("voc.h5"))
    let text = message { try reader.split(split) }
    #expect(
      text.hasPrefix(
        folder("voc.h5") + ": no split \(split); there is test, train, trainval, val; prepare it "
          + "again with pac prepare voc and \(options)"), "\(text)")
    #expect(
      message { try reader.split("valid") }
        == folder("voc.h5") + ": no split valid; there is test, train, trainval, val")
  }

  @Test func labelsThatAreNoClass() throws {
    try writeDevkit()
    var wrong = labels(2)
    wrong[8] = 21
    let file = "VOCdevkit/VOC2012/SegmentationClass/\(name(2)).png"
    try writeLabels(file, 2, wrong)
    #expect(
      message { try prepareVOC(from: root, to: folder("voc.h5")) }
        == folder(file) + ": label 21 at row 1, column 0; labels are 0 to 20, and 255 for none")
    #expect(try !folder.names().contains("voc.h5"))
  }

  /// Photographs are found by the endings that cameras and archives give them.
  @Test(arguments: ["JPG", "jpeg", "JPEG", "Jpg", "png"])
  func endings(_ ending: String) throws {
    try writeDevkit()
    let images = "VOCdevkit/VOC2012/JPEGImages"
    try FileManager.default.moveItem(
      atPath: folder("\(images)/\(name(1)).jpg"), toPath: folder("\(images)/\(name(1)).\(ending)"))
    try prepareVOC(from: root, to: folder("voc.h5"))
    #expect(try DatasetReader(folder("voc.h5")).read(1).image.bytes[1] == UInt8((21 + 31) % 256))
  }

  /// A palette in another order, a photograph that was turned, and a validation set without labels.
  @Test func whatDeservesALook() throws {
    try writeDevkit()
    let classes = "VOCdevkit/VOC2012/SegmentationClass"
    for number in [2, 3] {
      try writeLabels(
        "\(classes)/\(name(number)).png", number, labels(number).map { _ in 255 })
    }
    let order = [15, 255, 0]
    let palette = order.map { ClassColors.standard[$0] }.map { [$0.red, $0.green, $0.blue] }
    var photograph = PNGBuilder(
      width: 4, height: 6, bitDepth: 8, colorType: 0, pixel: { [4 * $0 + $1] })
    photograph.exif =
      Data("II".utf8) + [42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0]
    let file = "VOCdevkit/VOC2012/JPEGImages/\(name(0)).jpg"
    try write(Array(photograph.data()), file)
    let masks = PNGBuilder(
      width: 6, height: 4, bitDepth: 2, colorType: 3, palette: palette, pixel: { [($0 + $1) % 3] })
    try write(Array(masks.data()), "\(classes)/\(name(0)).png")
    let summary = try prepareVOC(from: root, to: folder("voc.h5"))
    #expect(
      summary.remarks.map { $0.replacing(folder.path, with: "T") } == [
        "split val: no pixel has a label; nothing can be learned or measured on it",
        "no pixel has a label in 2 of 5 samples, first \(name(2))",
        "T/\(file): turned upright by its EXIF orientation 8",
        "T/\(classes)/\(name(0)).png: class numbers follow from the colours, whose order is another "
          + "one than the classes'",
      ])
    let sample = try DatasetReader(folder("voc.h5")).read(0)
    #expect(sample.labels?.bytes == (0..<24).map { UInt8(order[($0 / 6 + $0 % 6) % 3]) })
    #expect((sample.image.height, sample.image.width) == (4, 6))
    #expect(sample.image.bytes.prefix(6) == [3, 7, 11, 15, 19, 23])
    // Labels made of the stored pixels do not fit.
    try write(
      PNG.encode(
        Raster(width: 4, height: 6, channels: 1, samples: [UInt16](repeating: 0, count: 24))),
      "\(classes)/\(name(0)).png")
    #expect(
      message { try prepareVOC(from: root, to: folder("voc.h5")) }
        == folder("\(classes)/\(name(0)).png")
        + ": 6 × 4 pixels (rows × columns), but the image has 4 × 6 after it was turned upright by "
        + "its EXIF orientation 8; turn the labels in the same way, or remove the orientation")
  }

  @Test func faults() throws {
    try writeDevkit()
    func fault(_ options: VOCOptions = VOCOptions()) -> String {
      message { try prepareVOC(from: root, to: folder("voc.h5"), options: options) }
    }
    let labels = "VOCdevkit/VOC2012/SegmentationClass/\(name(1)).png"
    try writeLabels(labels, 2)
    #expect(
      fault() == folder(labels)
        + ": 6 × 8 pixels (rows × columns), but the image has 5 × 7; make them equal")
    try FileManager.default.removeItem(atPath: folder(labels))
    #expect(
      fault()
        == folder(labels) + ": a list names it, but there is no such file; unpack all labels")
    try FileManager.default.removeItem(
      atPath: folder("VOCdevkit/VOC2012/JPEGImages/\(name(0)).jpg"))
    #expect(
      fault() == folder("VOCdevkit/VOC2012/JPEGImages/\(name(0)).jpg")
        + ": a list names it, but there is no such file; unpack all images")
    #expect(
      fault(VOCOptions(lists: ["train": folder("train11.txt")]))
        == "list train: the name is taken; choose another, such as train11 or val11")
    try writeList([0, 1, 0], "twice.txt")
    #expect(
      fault(VOCOptions(lists: ["val11": folder("twice.txt")]))
        == folder("twice.txt") + ", line 3: 2007_000000 is listed twice; remove one")
    #expect(
      message { try prepareVOC(from: folder("nowhere"), to: folder("voc.h5")) }
        == folder("nowhere")
        + ": no such folder; check the path")
    #expect(
      message { try prepareVOC(from: folder("sbd"), to: folder("voc.h5")) }
        == folder("sbd")
        + ": no folder JPEGImages here; name the unpacked VOCdevkit or its VOC2012")
  }

  @Test func damagedFileInADataset() throws {
    try writeDevkit()
    try prepareVOC(from: root, to: folder("voc.h5"))
    // The bytes of the first image, which follow the PNG signature.
    var data = try Data(contentsOf: URL(fileURLWithPath: folder("voc.h5")))
    let start = try #require(data.range(of: Data([0x89, 0x50, 0x4E, 0x47]))?.upperBound)
    for i in start + 30..<start + 60 { data[i] ^= 0x55 }
    try folder.write(data, as: "voc.h5")
    let reader = try DatasetReader(folder("voc.h5"))
    #expect(
      message { try reader.read(0) }.hasPrefix(folder("voc.h5") + ", image of 2007_000000: "))
  }

  /// Photographs with classes in VOC's folders.
  struct Photographs: CustomTestStringConvertible {
    let root: String
    let splits: [String: Int]
    let classes: [[UInt8]]
    /// What the photographs and labels hold as files.
    let bytes: Int
    var testDescription: String { "\(classes.count) images" }
  }

  /// The repository's own samples, and VOC's photographs beside the package where there are.
  static let photographs =
    [
      Photographs(
        root: reference("Samples/voc"), splits: ["train": 4, "val": 2, "trainval": 6],
        classes: [
          [0, 12, 13, 255], [0, 3, 10, 255], [0, 5, 8, 255], [0, 1, 16, 255], [0, 9, 11, 255],
          [0, 3, 9, 255],
        ], bytes: 18220)
    ]
    + [sharedData("data/voc")].compactMap { root in
      root.map {
        Photographs(
          root: $0, splits: ["train": 7, "val": 3, "trainval": 10],
          classes: [
            [0, 1], [0, 2, 15], [0, 13], [0, 5, 15], [0, 11, 15], [0, 15], [0, 1],
            [0, 5, 15, 255], [0, 9, 15, 18, 255], [0, 6, 7],
          ], bytes: 1_247_978)
      }
    }

  @Test(arguments: photographs)
  func filesAreKeptAsTheyAre(_ photographs: Photographs) throws {
    let summary = try prepareVOC(from: photographs.root, to: folder("voc.h5"))
    #expect(summary.splits == photographs.splits)
    let reader = try DatasetReader(folder("voc.h5"))
    let labels = try photographs.classes.indices.map { try reader.read($0).labels?.bytes ?? [] }
    #expect(labels.map { Set($0).sorted() } == photographs.classes)
    // Little more than the files themselves; VOC's photographs would be 7.2 million bytes decoded.
    let bytes = try FileManager.default.attributesOfItem(atPath: folder("voc.h5"))[.size] as? Int
    #expect((photographs.bytes..<photographs.bytes + 150_000).contains(bytes ?? 0))
  }

  /// Files from before the layout of the evaluation server was stored in them.
  @Test func earlierDatasetsKeepTheirArchive() throws {
    for (names, submission) in [(PascalVOC.classNames, PascalVOC.submission), (["a", "b"], nil)] {
      let writer = try EncodedDatasetWriter(
        folder("early.h5"), description: DatasetDescription(source: "s", classNames: names))
      let image = Raster(width: 2, height: 1, channels: 3, samples: [1, 2, 3, 4, 5, 6])
      try writer.append(
        EncodedSample(name: "x", height: 1, width: 2, image: PNG.encode(image), labels: nil))
      try writer.finish(splits: ["val": [0]])
      #expect(try DatasetReader(folder("early.h5")).description.submission == submission)
    }
  }

  /// A dataset of a stranger must not choose where predictions are written.
  @Test(arguments: [
    ("../../home", "a.tgz"), ("/etc", "a.tgz"), ("a/../b", "a.tgz"), ("a//b", "a.tgz"),
    ("", "a.tgz"), ("results", "../a.tgz"), ("results", ""), ("results", ".."),
  ])
  func submissionsStayInside(_ place: String, _ archive: String) throws {
    let writer = try EncodedDatasetWriter(
      folder("strange.h5"),
      description: DatasetDescription(
        source: "s", classNames: ["a"],
        submission: SubmissionLayout(folder: place, archive: archive)))
    let image = Raster(width: 2, height: 1, channels: 3, samples: [1, 2, 3, 4, 5, 6])
    try writer.append(
      EncodedSample(name: "x", height: 1, width: 2, image: PNG.encode(image), labels: nil))
    #expect(
      message { try writer.finish(splits: ["val": [0]]) }.hasSuffix(
        "is not a path below the folder of predictions; fix these attributes"))
  }
}
