import Foundation
import PACData
import PACHDF5
import PACTensors
import PACTestSupport
import Testing

/// A dataset written without our writer, right unless something is changed.
private struct RawDataset {
  var format: String? = "pac-dataset"
  var version = 1
  var image = [3, 3, 4, 5]
  var depth = [3, 1, 4, 5]
  var depthType = HDF5ElementType.float32
  var unit = "metre"
  var sizes: [Int32] = [4, 5, 4, 5, 4, 5]
  var names = ["a", "b", "c"]
  var splits: [String: [Int]]? = ["train": [0, 1], "test": [2]]

  func write(_ path: String) throws {
    let file = try HDF5File(creating: path)
    let root = file.root
    if let format { try root.setAttribute("format", format) }
    try root.setAttribute("version", version)
    _ = try root.createDataset("image", .uint8, shape: image)
    try root.createDataset("depth", depthType, shape: depth).setAttribute("unit", unit)
    try root.write(sizes, shape: [sizes.count / 2, 2], as: "size")
    try root.write(names, as: "name")
    for (name, indices) in splits ?? [:] {
      try root.write(indices, shape: [indices.count], as: "splits/\(name)")
    }
    try file.close()
  }
}

@Suite struct DatasetValidationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func problem(_ change: (inout RawDataset) -> Void) throws -> String {
    var raw = RawDataset()
    change(&raw)
    let path = folder("set.h5")
    try raw.write(path)
    return message { _ = try DatasetReader(path) }.replacing(path, with: "set.h5")
  }

  @Test func acceptsTheLayoutFromAnyWriter() throws {
    #expect(try problem { _ in } == "no error")
    let reader = try DatasetReader(folder("set.h5"))
    #expect(reader.missingDepth == nil)
    #expect(reader.description.createdBy == "")
    #expect(try reader.read(2).depth?.elements == [Float](repeating: 0, count: 20))
  }

  @Test func namesWhatIsWrong() throws {
    let again = "prepare the dataset again"
    #expect(
      try problem { $0.format = nil }
        == "set.h5: an HDF5 file, but not a dataset; make one with pac prepare")
    #expect(
      try problem { $0.format = "pac-cases" }
        == "set.h5: a pac-cases file, not a dataset; make one with pac prepare")
    #expect(
      try problem { $0.version = 3 }
        == "set.h5: layout version 3, but this program reads versions 1 to 2; \(again)")
    #expect(
      try problem { $0.image = [3, 4, 5, 3] }
        == "set.h5, /image: expected [N, 3, H, W], found [3, 4, 5, 3]; store it channel-first")
    #expect(
      try problem { $0.image = [3, 4, 5] }
        == "set.h5, /image: expected [N, 3, H, W], found [3, 4, 5]; \(again)")
    #expect(
      try problem { $0.depth = [3, 4, 5, 1] }
        == "set.h5, /depth: expected [N, 1, H, W], found [3, 4, 5, 1]; store it channel-first")
    #expect(
      try problem { $0.depth = [2, 1, 4, 5] }
        == "set.h5, /depth: shape [2, 1, 4, 5] does not fit that of /image, [3, 3, 4, 5]; \(again)")
    #expect(
      try problem { $0.depth = [3, 1, 5, 4] }
        == "set.h5, /depth: shape [3, 1, 5, 4] does not fit that of /image, [3, 3, 4, 5]; \(again)")
    #expect(
      try problem { $0.depthType = .float64 }
        == "set.h5, /depth: expected float32, found float64; convert it")
    #expect(
      try problem { $0.unit = "inch" }
        == "set.h5, /depth: unknown unit inch; use metre or none")
    #expect(
      try problem { $0.sizes = [4, 5, 4, 5] }
        == "set.h5, /size: expected [3, 2], found [2, 2]; \(again)")
    #expect(
      try problem { $0.sizes[2] = 5 }
        == "set.h5, /size: sample 1 has 5 × 5 pixels, 4 × 5 are stored; \(again)")
    #expect(
      try problem { $0.sizes[3] = 0 }
        == "set.h5, /size: sample 1 has 4 × 0 pixels, 4 × 5 are stored; \(again)")
    #expect(
      try problem { $0.names = ["a"] } == "set.h5, /name: 1 names for 3 samples; \(again)")
    #expect(
      try problem { $0.splits = ["train": [0, 3]] }
        == "set.h5, /splits/train: no sample 3, the dataset has 3; \(again)")
    #expect(
      try problem { $0.splits = ["test": [-1]] }
        == "set.h5, /splits/test: no sample -1, the dataset has 3; \(again)")
    #expect(
      try problem { $0.splits = nil }
        == "set.h5, /splits: not found; check that this is the right file")
    #expect(
      try problem {
        $0.image[0] = 0
        $0.depth[0] = 0
      } == "set.h5: no samples; \(again)")
  }

  @Test func namesSplits() throws {
    #expect(try problem { $0.splits?["empty"] = [] } == "no error")
    let path = folder("set.h5")
    let reader = try DatasetReader(path)
    #expect(try reader.split("train") == [0, 1])
    #expect(
      message { _ = try reader.split("val") }
        == "\(path): no split val; there is empty, test, train")
    #expect(
      message { _ = try reader.split("empty") }
        == "\(path): the split empty is empty; prepare the dataset with samples in it")
    #expect(
      message { _ = try reader.read(0, fields: [.flow]) }
        == "\(path): holds no flow; use a dataset that does")
  }

  @Test func refusesCaseFiles() {
    let path = reference("Cases/layers.h5")
    #expect(
      message { _ = try DatasetReader(path) }
        == "\(path): a pac-cases file, not a dataset; make one with pac prepare")
  }

  @Test func damagedPixelsAreAnErrorWhenRead() throws {
    let path = folder("set.h5")
    let writer = try DatasetWriter(
      path, fields: [.image], maximumHeight: 64, maximumWidth: 64,
      description: DatasetDescription(source: "test"), compression: 6)
    for number in [2, 3] {
      try writer.append(numberedScene(number, height: 64, width: 64, fields: []))
    }
    try writer.finish(splits: ["train": [0, 1]])
    var bytes = try Foundation.Data(contentsOf: URL(fileURLWithPath: path))
    // A compressed block begins with zlib's mark; the first one is looked at when the file is
    // opened.
    let start = try #require(bytes.range(of: Foundation.Data([0x78, 0x9C]), options: .backwards))
    for position in start.lowerBound..<start.lowerBound + 40 { bytes[position] = 0xFF }
    try bytes.write(to: URL(fileURLWithPath: path))
    let reader = try DatasetReader(path)
    let text = message { _ = try reader.read(1) }
    #expect(text.hasPrefix("\(path), image of szene 3: damaged: the bytes "), "\(text)")
    #expect(text.hasSuffix("; copy or create it again"), "\(text)")
  }
}
