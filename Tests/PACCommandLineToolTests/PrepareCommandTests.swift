import Foundation
import PACData
import PACImageFiles
import PACTestSupport
import Testing

@Suite struct PrepareCommandTests {
  @Test func syntheticHoldsTheScenes() throws {
    let folder = try TemporaryFolder()
    let path = folder("a.h5")
    let result = try pac(
      "prepare", "synthetic", "--out", path, "--count", "5", "--test-count", "2", "--width", "40",
      "--height", "24", "--seed", "7", "--compression", "1")
    #expect(result.status == 0, "\(result)")
    #expect(
      result.output.hasPrefix(
        "\(path): 5 samples of 24 × 40 pixels (rows × columns), train 3, test 2\n  depth   "),
      "\(result)")
    #expect(result.errors.wholeMatch(of: #/wrote 5 of 5 samples in \d+ s\n/#) != nil, "\(result)")

    let reader = try DatasetReader(path)
    #expect(reader.splits == ["train": [0, 1, 2], "test": [3, 4]])
    #expect(reader.depthUnit == .metre)
    #expect(reader.missingDepth == nil)
    #expect(reader.description.createdBy.hasPrefix("pac "))
    for index in 0..<5 {
      let expected = SyntheticScene(seed: 7, index: index, width: 40, height: 24).render()
      let sample = try reader.read(index)
      #expect(sample.name == expected.name)
      #expect(sample.image == expected.image)
      #expect(sample.depth?.elements == expected.depth?.elements)
      #expect(sample.flow?.elements == expected.flow?.elements)
      #expect(sample.labels == expected.labels)
    }
  }

  @Test func oneInEightIsHeldOut() throws {
    let folder = try TemporaryFolder()
    let result = try pac(
      "prepare", "synthetic", "--out", folder("a.h5"), "--count", "16", "--width", "8",
      "--height", "8", "--json")
    #expect(result.output.contains(#""samples":16,"#), "\(result)")
    #expect(result.output.contains(#""splits":{"train":14,"test":2}"#), "\(result)")
  }

  @Test func pairsWithScaleAndHoles() throws {
    let folder = try TemporaryFolder()
    for part in ["rgb", "depth"] {
      try FileManager.default.createDirectory(
        atPath: folder(part), withIntermediateDirectories: true)
    }
    for index in 1...4 {
      try PNG.write(
        Raster(width: 3, height: 2, channels: 3, samples: (0..<18).map { UInt16($0 * index) }),
        to: folder("rgb/\(index).png"))
      try PNG.write(
        Raster(
          width: 3, height: 2, channels: 1, bitDepth: 16,
          samples: [0, 1000, 2000, 3000, 4000, UInt16(index)]), to: folder("depth/\(index).png"))
    }
    let result = try pac(
      "prepare", "pairs", "--rgb", folder("rgb"), "--depth", folder("depth"), "--out",
      folder("p.h5"), "--scale", "0.001", "--unit", "metre", "--test-ratio", "0.25")
    #expect(result.status == 0, "\(result)")
    #expect(
      result.output.hasSuffix(
        "4 samples of 2 × 3 pixels (rows × columns), train 3, test 1\n"
          + "  depth   0.001 to 4 metres, 16.7 % missing\n"))
    let reader = try DatasetReader(folder("p.h5"))
    #expect(reader.missingDepth == 0)
    let sample = try reader.read(3)
    #expect(sample.name == "4")
    #expect(sample.depth?.elements == [0, 1, 2, 3, 4, 0.004])
  }

  /// What deserves a look goes to standard error; labels are summed up by class.
  @Test func summaryOfLabels() throws {
    let folder = try TemporaryFolder()
    for part in ["images", "labels"] {
      try FileManager.default.createDirectory(
        atPath: folder(part), withIntermediateDirectories: true)
    }
    for index in 1...2 {
      try PNG.write(
        Raster(width: 4, height: 2, channels: 3, samples: [UInt16](repeating: 7, count: 24)),
        to: folder("images/\(index).png"))
      try PNG.write(
        Raster(
          width: 4, height: 2, channels: 1,
          samples: index == 1 ? [0, 0, 0, 0, 0, 2, 2, 255] : [UInt16](repeating: 255, count: 8)),
        to: folder("labels/\(index).png"))
    }
    try folder.write(Data("road\nwalk\ncar\n".utf8), as: "classes.txt")
    let arguments = [
      "prepare", "labels", "--images", folder("images"), "--labels", folder("labels"),
      "--classes", folder("classes.txt"), "--val-count", "1", "--out", folder("l.h5"),
    ]
    let result = try run(try product("pac").path, arguments, timeout: 60)
    #expect(result.status == 0, "\(result)")
    #expect(
      result.output
        == "\(folder("l.h5")): 2 samples of 2 × 4 pixels (rows × columns), train 1, val 1\n"
        + "  labels  road 31.2 %, car 12.5 %, 1 of 3 classes do not occur, 56.2 % not labelled\n")
    let remarks = [
      "split val: no pixel has a label; nothing can be learned or measured on it",
      "no pixel has a label in 1 of 2 samples, first 2",
    ]
    #expect(
      result.errors.replacing(#/ in \d+ s\n/#, with: "\n")
        == "wrote 2 of 2 samples\n" + remarks.map { "warning: \($0)\n" }.joined())
    let json = try run(try product("pac").path, arguments + ["--json", "--force"], timeout: 60)
    #expect(
      json.output.hasSuffix(
        #""label_pixels":[5,0,2],"unlabelled_pixels":9,"remarks":["\#(remarks[0])","\#(remarks[1])"]}"#
          + "\n"), "\(json)")
  }

  @Test func failuresNameThePlace() throws {
    let folder = try TemporaryFolder()
    let noFolder = try pac("prepare", "synthetic", "--out", folder("none/a.h5"))
    #expect(noFolder.status == 1)
    #expect(
      noFolder.errors == "error: \(folder("none/a.h5")): there is no folder \(folder("none")); "
        + "create it or name another\n")

    let foreign = try folder.write(Data("text".utf8), as: "x.mat")
    let notMatlab = try pac("prepare", "nyu", foreign, "--out", folder("a.h5"))
    #expect(notMatlab.status == 1)
    #expect(notMatlab.errors == "error: \(foreign): not an HDF5 file; name an HDF5 file\n")

    let tooMany = try pac(
      "prepare", "synthetic", "--out", folder("a.h5"), "--count", "3", "--test-count", "4")
    #expect(tooMany.status == 1)
    #expect(tooMany.errors == "error: cannot hold out 4 of 3 samples for testing; choose fewer\n")
    #expect(try folder.names() == ["x.mat"])
  }

  @Test func killedPreparationLeavesNoDataset() throws {
    let folder = try TemporaryFolder()
    let program = try product("pac").path
    let result = try run(
      "timeout",
      [
        "--signal=KILL", "1.5", program, "prepare", "synthetic", "--out", folder("a.h5"), "--count",
        "100000",
      ], timeout: 30)
    #expect(result.status == 137)
    #expect(!FileManager.default.fileExists(atPath: folder("a.h5")))
    _ = try pac(
      "prepare", "synthetic", "--out", folder("a.h5"), "--count", "1", "--width", "8", "--height",
      "8")
    #expect(try folder.names() == ["a.h5"])
  }

  @Test func existingFilesNeedForce() throws {
    let folder = try TemporaryFolder()
    let path = folder("a.h5")
    func prepare(_ more: String...) throws -> CommandResult {
      try run(
        product("pac").path,
        [
          "prepare", "synthetic", "--out", path, "--width", "8", "--height", "8", "--test-count",
          "0",
        ] + more, timeout: 60)
    }
    let old = Data("an older file".utf8)
    try folder.write(old, as: "a.h5")
    let refused = try prepare("--count", "1")
    #expect(refused.status == 1)
    #expect(
      refused.errors
        == "error: \(path): exists already; replace it with --force, or name another file\n")
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == old)
    // Until the new one is complete, the old one stays.
    let failed = try prepare("--count", "1", "--force", "--compression", "1", "--test-ratio", "x")
    #expect(failed.status == 2)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == old)
    #expect(try prepare("--count", "2", "--force").status == 0)
    #expect(try DatasetReader(path).count == 2)
    #expect(try folder.names() == ["a.h5"])
  }

  /// What exists but may not be read is not called missing; rank and file users see the same.
  @Test func missingPermissionIsSaid() throws {
    let folder = try TemporaryFolder()
    try folder.write(Data("2007_000001".utf8), as: "voc/VOC2012/ImageSets/Segmentation/train.txt")
    try folder.write(Data("x".utf8), as: "voc/VOC2012/JPEGImages/2007_000001.jpg")
    let isRoot = geteuid() == 0
    // Any user may write the dataset.
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o777], ofItemAtPath: folder.path)
    func errors(_ arguments: String...) throws -> String {
      let program = try product("pac").path
      let arguments = ["prepare"] + arguments + ["--out", folder("o.h5")]
      // Root may read everything, so another user does.
      let result =
        isRoot
        ? try run(
          "setpriv", ["--reuid=65534", "--clear-groups", program] + arguments, timeout: 60)
        : try run(program, arguments, timeout: 60)
      return result.errors.replacing(folder.path, with: "T")
    }
    func forbid(_ name: String) throws {
      try FileManager.default.setAttributes(
        [.posixPermissions: 0], ofItemAtPath: folder(name))
    }
    func allow(_ name: String) throws {
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: folder(name))
    }
    let denied = "(Permission denied); check its permissions and those of its folders\n"
    let list = "voc/VOC2012/ImageSets/Segmentation/train.txt"
    try forbid(list)
    #expect(try errors("voc", folder("voc")).hasSuffix("T/\(list): cannot open the file \(denied)"))
    try allow(list)
    try forbid("voc/VOC2012/JPEGImages")
    #expect(
      try errors("voc", folder("voc"))
        .hasSuffix("T/voc/VOC2012/JPEGImages/2007_000001.jpg: cannot open the file \(denied)"))
    try allow("voc/VOC2012/JPEGImages")
    try forbid("voc")
    #expect(
      try errors("pairs", "--rgb", folder("voc"), "--depth", folder("voc"))
        == "error: T/voc: cannot open the file \(denied)")
    try allow("voc")
  }
}
