import PACData
import PACHDF5
import PACTestSupport
import Testing

/// Datasets of other programs whose chunks hold several samples.
@Suite struct DatasetChunksTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(image: [Int]?, depth: [Int]?, compression: Int? = nil) throws -> String {
    let path = folder("set.h5")
    let file = try HDF5File(creating: path)
    let root = file.root
    try root.setAttribute("format", "pac-dataset")
    try root.setAttribute("version", 1)
    try root.write(
      (0..<4 * 3 * 30).map { UInt8($0 % 251) }, shape: [4, 3, 5, 6], as: "image", chunk: image,
      compression: compression)
    try root.write(
      (0..<4 * 30).map { Float($0) }, shape: [4, 1, 5, 6], as: "depth", chunk: depth,
      compression: compression)
    try root.dataset("depth").setAttribute("unit", "none")
    try root.write([Int32](repeating: 5, count: 8), shape: [4, 2], as: "size")
    try root.write(["a", "b", "c", "d"], as: "name")
    try root.write([0, 1, 2, 3], shape: [4], as: "splits/train")
    try file.close()
    return path
  }

  @Test func oneSampleOrNoChunks() throws {
    for path in [
      try write(image: nil, depth: nil), try write(image: [1, 3, 5, 6], depth: [1, 1, 5, 6]),
      try write(image: [1, 1, 2, 6], depth: nil),
    ] { #expect(try DatasetReader(path).storageRemark == nil) }
  }

  @Test func severalSamples() throws {
    let both = try write(image: [4, 3, 5, 6], depth: [2, 1, 5, 6], compression: 4)
    #expect(
      try DatasetReader(both).summary.remarks == [
        "\(both): a chunk of /image, /depth holds 4 samples, so that reading one of them may take the "
          + "time and memory of all; rewrite it: h5repack -l /image:CHUNK=1x3x5x6 "
          + "-l /depth:CHUNK=1x1x5x6 \(both) NEW.h5"
      ])
    let one = try write(image: nil, depth: [3, 1, 5, 6])
    #expect(
      try DatasetReader(one).storageRemark?.contains(
        "a chunk of /depth holds 3 samples, so") == true)
  }

  /// The command does what the line says, where it is installed.
  @Test(.enabled(if: (try? run("sh", ["-c", "command -v h5repack"], timeout: 10))?.status == 0))
  func theCommandWorks() throws {
    let path = try write(image: [4, 3, 5, 6], depth: [4, 1, 5, 6], compression: 4)
    let remark = try #require(try DatasetReader(path).storageRemark)
    let command = try #require(remark.split(separator: "rewrite it: ").last)
    let words = command.split(separator: " ").dropFirst().map(String.init)
    let result = try run("h5repack", words.dropLast() + [folder("new.h5")], timeout: 60)
    #expect(result.status == 0, "\(result)")
    let (old, new) = (try DatasetReader(path), try DatasetReader(folder("new.h5")))
    #expect(new.storageRemark == nil)
    for index in 0..<4 {
      let (sample, expected) = (try new.read(index), try old.read(index))
      #expect(sample.image == expected.image)
      #expect(sample.depth?.elements == expected.depth?.elements)
    }
  }
}
