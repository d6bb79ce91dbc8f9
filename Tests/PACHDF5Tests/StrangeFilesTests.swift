import Foundation
import PACHDF5
import PACTestSupport
import Testing

/// Files as strangers may send them; `Tests/Reference/make_strange_hdf5.py` wrote them.
@Suite struct StrangeFilesTests {
  private func sample(_ name: String) -> String { reference("Samples/strange/\(name)") }

  // MARK: - Filters

  /// The shape of the datasets in chunks.h5, whose chunks are 2 × 3 × 4.
  private static let shape = [5, 7, 9]

  /// 0, 3, 6, … modulo 251 in row-major order.
  private static let values = (0..<5 * 7 * 9).map { $0 * 3 % 251 }

  @Test(arguments: [
    "gzip", "gzip_shuffle", "gzip_shuffle_checksum", "checksum", "lzf", "lzf_shuffle",
    "big_endian_doubles", "small_integers", "plain", "scale_offset",
  ])
  func filtersAreUndone(_ name: String) throws {
    let dataset = try HDF5File(reading: sample("chunks.h5")).root.dataset(name)
    #expect(try dataset.read(Float.self) == Self.values.map { Float($0) })
    #expect(try dataset.read(Double.self) == Self.values.map { Double($0) })
    #expect(try dataset.read(UInt8.self) == Self.values.map { UInt8($0) })
    // A block that begins and ends within chunks.
    let block = try dataset.read(Int.self, start: [1, 2, 3], count: [3, 4, 5])
    let expected = (1..<4).flatMap { i in
      (2..<6).flatMap { j in (3..<8).map { k in Self.values[(i * 7 + j) * 9 + k] } }
    }
    #expect(block == expected)
  }

  @Test func chunksThatWereNeverWritten() throws {
    let dataset = try HDF5File(reading: sample("chunks.h5")).root.dataset("part")
    let values = try dataset.read(Int.self)
    for i in 0..<5 {
      for j in 0..<7 {
        for k in 0..<9 {
          let isFirst = i < 2 && j < 3 && k < 4
          let isPlain = (2..<4).contains(i) && (3..<6).contains(j) && (4..<8).contains(k)
          #expect(values[(i * 7 + j) * 9 + k] == (isFirst ? 7 : isPlain ? 9 : -5))
        }
      }
    }
  }

  @Test func textsBehindLZF() throws {
    let dataset = try HDF5File(reading: sample("chunks.h5")).root.dataset("texts")
    #expect(try dataset.readStrings() == ["a", "größer", ""])
  }

  /// Any byte of a compressed chunk may be damaged: never a crash, never more than a chunk.
  @Test(arguments: ["lzf_shuffle", "gzip_shuffle_checksum"])
  func damagedChunks(_ name: String) throws {
    let folder = try TemporaryFolder()
    let intact = try Data(contentsOf: URL(fileURLWithPath: sample("chunks.h5")))
    let chunk = try #require(
      try HDF5File(reading: sample("chunks.h5")).root.dataset(name).storedChunk(at: [0, 0, 0]))
    var refused = 0
    for place in chunk {
      for bit in 0..<8 {
        var data = intact
        data[place] ^= 1 << UInt8(bit)
        try folder.write(data, as: "a.h5")
        let dataset = try HDF5File(reading: folder("a.h5")).root.dataset(name)
        let text = message { _ = try dataset.read(Float.self) }
        if text == "no error" { continue }
        refused += 1
        #expect(
          text == "\(folder("a.h5")), /\(name): the chunk at [0, 0, 0] does not hold the 96 bytes "
            + "that are expected; the file is damaged; copy or create it again")
      }
    }
    #expect(refused > (name == "lzf_shuffle" ? 1 : 8 * chunk.count - 1), "\(refused)")
  }

  @Test func fewBytesThatBecomeMany() throws {
    let path = sample("bomb.h5")
    let dataset = try HDF5File(reading: path).root.dataset("values")
    #expect(
      message { _ = try dataset.read(UInt8.self) }
        == "\(path), /values: the chunk at [0] does not hold the 1024 bytes that are expected; the "
        + "file is damaged; copy or create it again")
  }

  /// The number of the filter is changed to those of plugins.
  @Test(arguments: [
    (307, "bzip2"), (32_001, "blosc"), (32_004, "lz4"), (32_008, "bitshuffle"), (32_015, "zstd"),
    (32_026, "blosc2"), (31_999, "filter 31999"),
  ])
  func missingPluginsAreNamed(_ number: Int, _ name: String) throws {
    let folder = try TemporaryFolder()
    var data = try Data(contentsOf: URL(fileURLWithPath: sample("chunks.h5")))
    let lzf = Data([0x00, 0x7D])
    var changed = 0
    // Its number, the length of its name, flags, the number of its values.
    for place in 0..<data.count - 16
    where data[place..<place + 2] == lzf && data[place + 8..<place + 11] == Data("lzf".utf8) {
      data[place] = UInt8(number & 255)
      data[place + 1] = UInt8(number >> 8)
      changed += 1
    }
    try #require(changed > 0)
    try folder.write(data, as: "a.h5")
    let root = try HDF5File(reading: folder("a.h5")).root
    #expect(
      message { _ = try root.dataset("lzf") }
        == "\(folder("a.h5")), /lzf: stored with \(name), whose HDF5 plugin is not installed; "
        + "install it (Python: hdf5plugin) and set HDF5_PLUGIN_PATH to its folder, or store the "
        + "array with gzip")
  }

  // MARK: - Other files

  @Test func otherFilesAreNotRead() throws {
    let path = sample("elsewhere.h5")
    let root = try HDF5File(reading: path).root
    #expect(
      message { _ = try root.dataset("external") }
        == "\(path), /external: its elements are in another file (/etc/passwd); store them in this "
        + "one, or set PAC_HDF5_OUTSIDE=1 to read it")
    #expect(
      message { _ = try root.dataset("virtual") }
        == "\(path), /virtual: is a virtual dataset, put together from other datasets (other.h5); "
        + "store the array itself, such as file['copy'] = file['name'][...] with h5py, or set "
        + "PAC_HDF5_OUTSIDE=1 to read them")
    #expect(root.contains("link"))
    #expect(
      message { _ = try root.dataset("link") }
        == "\(path), /link: is a link to another file; copy what it names into this file, or set "
        + "PAC_HDF5_OUTSIDE=1 to follow it")
    #expect(
      message { _ = try root.dataset("soft") }
        == "\(path), /soft: not found; check that this is the right file")
  }

  @Test func otherFilesAreReadWhenAskedFor() async {
    let path = sample("elsewhere.h5")
    await #expect(processExitsWith: .success) { [path = path as String] in
      setenv("PAC_HDF5_OUTSIDE", "1", 1)
      let root = try HDF5File(reading: path).root
      for name in ["virtual", "link", "soft"] {
        #expect(try root.dataset(name).read(Int.self) == [1, 2, 3, 4], "\(name)")
      }
      #expect(try root.dataset("external").read(UInt8.self) == Array("root".utf8))
    }
  }

  @Test func linksInACircle() throws {
    let root = try HDF5File(reading: sample("circle.h5")).root
    #expect(try root.member("group/loop/group/loop") == .group)
    #expect(try root.datasetPaths() == ["group/values"])
    #expect(try root.group("group").datasetPaths() == ["values"])
  }

  // MARK: - Newer libraries

  @Test func aNewerFormatIsNamed() throws {
    let path = sample("newer.h5")
    let root = try HDF5File(reading: path).root
    let text = message { _ = try root.dataset("values") }
    #expect(text.hasPrefix("\(path): cannot open it (bad version number for "), "\(text)")
    let version = try #require(text.firstMatch(of: /than (1\.\d+\.\d+), which/)).1
    #expect(
      text.hasSuffix(
        "; a newer HDF5 library wrote it than \(version), which this program uses, can read, or it "
          + "is damaged; rewrite it with the newer one: h5repack -j 0 -k 2 IN OUT, or "
          + "libver=(\"earliest\", \"v110\") with h5py"), "\(text)")
  }

  @Test func textsOutOfProportion() throws {
    let folder = try TemporaryFolder()
    let file = try HDF5File(creating: folder("a.h5"))
    _ = try file.root.createDataset(
      "texts", .string, shape: [40_000_000], chunk: [1000], compression: 4)
    try file.close()
    let root = try HDF5File(reading: folder("a.h5")).root
    #expect(
      message { try root.dataset("texts") }
        == "\(folder("a.h5")), /texts: the file is too small for [40000000] elements of 8 bytes; "
        + "the file is damaged; copy or create it again")
  }

  /// 400 MB of zeros in half a megabyte, as one chunk and as many.
  @Test(arguments: [[1000], [10_000]])
  func numbersOutOfProportion(chunk: [Int]) async throws {
    let folder = try TemporaryFolder()
    let path = folder("a.h5")
    let (count, rows) = (10_000, 10_000 / chunk[0])
    let file = try HDF5File(creating: path)
    let written = try file.root.createDataset(
      "zeros", .float32, shape: [count, count], chunk: chunk + [count], compression: 9)
    let zeros = [Float](repeating: 0, count: chunk[0] * count)
    for row in 0..<rows {
      try written.write(zeros, start: [row * chunk[0], 0], count: [chunk[0], count])
    }
    try file.close()
    let refused =
      "\(path), /zeros: needs 382 MiB of memory, far more than a file of "
      + "\(try fileSize(path)) bytes should; if you trust the file, set PAC_READ_MIB=382"
    let root = try HDF5File(reading: path).root
    #expect(message { try root.dataset("zeros").read(Float.self) } == refused)
    if rows > 1 {
      let part = try root.dataset("zeros").read(Float.self, start: [0, 0], count: [10, count])
      #expect(part == zeros[..<part.count].map { $0 })
    }
    await #expect(processExitsWith: .success) { [path = path as String, count = count as Int] in
      setenv("PAC_READ_MIB", "382", 1)
      let all = try HDF5File(reading: path).root.dataset("zeros").read(Float.self)
      #expect(all.count == count * count)
    }
  }

  private func fileSize(_ path: String) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
  }

  @Test(arguments: [63, 64]) func groupsNestedInGroups(depth: Int) throws {
    let folder = try TemporaryFolder()
    let path = repeatElement("g", count: depth).joined(separator: "/")
    let file = try HDF5File(creating: folder("a.h5"))
    try file.root.write(["a", "b"], as: path + "/values")
    try file.close()
    let root = try HDF5File(reading: folder("a.h5")).root
    if depth < 64 {
      #expect(try root.datasetPaths() == [path + "/values"])
    } else {
      let text = message { _ = try root.datasetPaths() }
      #expect(text.hasPrefix("\(folder("a.h5")), /g/g/"), "\(text)")
      #expect(text.hasSuffix("/g: groups are nested deeper than 64"), "\(text)")
    }
  }

  @Test func manyLinksAreListedAtOnce() throws {
    let folder = try TemporaryFolder()
    let file = try HDF5File(creating: folder("a.h5"))
    let names = (0..<2000).map { "group \($0)" }
    for name in names { try file.root.createGroup(name) }
    try file.close()
    #expect(try HDF5File(reading: folder("a.h5")).root.names() == names.sorted())
  }
}
