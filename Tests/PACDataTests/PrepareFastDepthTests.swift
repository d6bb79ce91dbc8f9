import Foundation
import PACData
import PACHDF5
import PACTestSupport
import Testing

/// Frames of one HDF5 file each.
@Suite struct PrepareFastDepthTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A frame of 2 × 3 pixels whose depths are `number` to `number` + 5.
  private func write(_ name: String, _ number: Int, rows: Int = 2) throws {
    let path = folder("set/\(name)")
    try FileManager.default.createDirectory(
      at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
    let file = try HDF5File(creating: path)
    let pixels = rows * 3
    try file.root.write(
      (0..<3 * pixels).map { UInt8($0 + number) }, shape: [3, rows, 3], as: "rgb")
    try file.root.write(
      (0..<pixels).map { Float(number + $0) }, shape: [rows, 3], as: "depth")
    try file.close()
  }

  private func prepare(_ root: String = "set") throws -> (DatasetReader, warnings: [String]) {
    var warnings: [String] = []
    try prepareFastDepth(
      from: folder(root), to: folder("o.h5"), warn: { warnings.append($0) })
    return (try DatasetReader(folder("o.h5")), warnings)
  }

  @Test func everyFrameInItsSplit() throws {
    try write("val/official/00001.h5", 1)
    try write("train/kitchen_0010a/00002.h5", 0)
    try write("train/kitchen_0002a/00010.h5", 20, rows: 4)
    try write("train/kitchen_0002a/00009.h5", 30)
    let (reader, warnings) = try prepare()
    #expect(warnings.isEmpty)
    #expect(
      reader.names == [
        "train/kitchen_0002a/00009", "train/kitchen_0002a/00010", "train/kitchen_0010a/00002",
        "val/official/00001",
      ])
    #expect(reader.splits == ["train": [0, 1, 2], "test": [3]])
    #expect(reader.depthUnit == .metre && reader.missingDepth == 0)
    let sample = try reader.read(1)
    #expect(sample.image.bytes == (0..<36).map { UInt8($0 + 20) })
    #expect(sample.depth?.elements == (0..<12).map { Float($0 + 20) })
    #expect(try reader.read(2).depth?.elements == [0, 1, 2, 3, 4, 5])
  }

  @Test func withoutFoldersOfSplits() throws {
    try write("b.h5", 1)
    try write("a/x.h5", 1)
    let (reader, warnings) = try prepare()
    #expect(reader.names == ["b", "a/x"])
    #expect(reader.splits == ["train": [0, 1], "test": []])
    #expect(
      warnings == [folder("set") + ": no folders train and val; all 2 frames are in train"])
  }

  @Test func faults() throws {
    func fault() -> String { message { _ = try prepare() }.replacing(folder.path, with: "T") }
    #expect(fault() == "T/set: no such folder; check the path")
    try folder.write(Data("x".utf8), as: "set/train/a.png")
    #expect(
      fault()
        == "T/set: no frames (.h5) here and in the folders below; name the folder that holds train "
        + "and val")
    try write("train/a.h5", 1)
    let file = try HDF5File(creating: folder("set/train/b.h5"))
    try file.root.write([UInt8](repeating: 1, count: 18), shape: [2, 3, 3], as: "rgb")
    try file.root.write([Float](repeating: 1, count: 6), shape: [2, 3], as: "depth")
    try file.close()
    #expect(
      fault()
        == "T/set/train/b.h5, /rgb: expected uint8 [3, H, W], found uint8 [2, 3, 3]; write frames "
        + "like those of FastDepth")
    let other = try HDF5File(creating: folder("set/train/b.h5"))
    try other.root.write([UInt8](repeating: 1, count: 18), shape: [3, 2, 3], as: "rgb")
    try other.root.write([UInt16](repeating: 1, count: 6), shape: [2, 3], as: "depth")
    try other.close()
    #expect(
      fault()
        == "T/set/train/b.h5, /depth: expected float32 [2, 3] in metres, found uint16 [2, 3]; write "
        + "frames like those of FastDepth")
    try folder.write(Data("text".utf8), as: "set/train/b.h5")
    #expect(fault() == "T/set/train/b.h5: not an HDF5 file; name an HDF5 file")
    #expect(try folder.names() == ["set"])
  }

  /// `prepare pairs` on such a folder says which command takes it.
  @Test func pairsPointHere() throws {
    try write("a.h5", 1)
    let set = folder("set")
    #expect(
      message {
        try preparePairs(
          colors: set, depths: set, to: folder("o.h5"), options: PairsOptions(depthUnit: .metre))
      }
        == "\(set): no images (.png, .jpg); found 1 .h5; frames in .h5 files are prepared "
        + "with 'pac prepare fastdepth \(set) --out FILE'")
  }
}
