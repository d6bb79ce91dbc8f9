import CPACZlib
import Foundation
import PACHDF5
import PACImageFiles
import PACTestSupport
import Testing

/// Damaged files of every format are read or refused, with a bounded amount of memory: never a
/// crash.
///
/// `PAC_DAMAGED_FILES=1000` makes so many copies of each file; a run prints its seed, and
/// `PAC_DAMAGED_FILES_SEED` repeats it.
@Suite(.serialized) struct DamagedFilesTests {
  struct Sample: Sendable, CustomStringConvertible {
    let name: String
    /// A reader of `ReaderProgram`.
    let format: String
    /// The intact file.
    let data: @Sendable () throws -> Data
    var repair: @Sendable (Data) -> Data = { $0 }
    /// What parts of the file begin with; if given, the damage is behind them.
    var marks: [Data] = []
    /// How many copies one process reads.
    var together = Int.max
    var description: String { "\(format) \(name)" }
  }

  static let samples: [Sample] =
    [
      "simple.pth", "no_checksums.pth", "kinds_stream.pth", "wrapped.pth", "deflated.pth",
      "zip64.pth",
      "kinds.safetensors",
    ].map { committed("Tests/PACWeightFilesTests/Fixtures/files/\($0)", "weights") }
    + ["baseline.jpg", "progressive.jpg", "grey.jpg", "palette.png"].map {
      committed("Tests/PACDamagedFilesTests/Samples/\($0)", "image")
    } + [
      Sample(name: "16 bits.png", format: "image", data: { try png() }),
      Sample(
        name: "16 bits.png, checksums repaired", format: "image", data: { try png() },
        repair: { repairedPNG($0) }),
      committed(
        "Tests/PACDamagedFilesTests/Samples/palette.png", "palette", repair: { repairedPNG($0) }),
      committed("Tests/PACCheckpointsTests/Fixtures/PacJointUpsampleLite_4/low.npy", "npy"),
      Sample(name: "a.flo", format: "flo", data: { try flow() }),
      committed("Tests/PACDamagedFilesTests/Samples/gtcls.mat", "sbd"),
      committed("Tests/PACDamagedFilesTests/Samples/gtcls_compressed.mat", "sbd"),
      Sample(name: "chunked.mat", format: "nyu", data: { try matlab(chunked: true) }, together: 1),
      Sample(
        name: "contiguous.mat", format: "nyu", data: { try matlab(chunked: false) }, together: 1),
      Sample(name: "texts.h5", format: "hdf5", data: { try texts() }, together: 1),
      Sample(
        name: "texts.h5, structure", format: "hdf5", data: { try texts() }, marks: hdf5Marks,
        together: 1),
      Sample(
        name: "chunked.mat, structure", format: "nyu", data: { try matlab(chunked: true) },
        marks: hdf5Marks, together: 1),
      committed(
        "Tests/Reference/Samples/strange/chunks.h5", "hdf5", together: 1),
    ]

  /// The signatures of superblocks, B-trees, tables of symbols, heaps and headers, and the beginning
  /// of a header of version 1, which has none.
  static let hdf5Marks =
    ["\u{89}HDF", "TREE", "SNOD", "HEAP", "GCOL", "OHDR", "BTHD", "FRHP", "FADB"].map {
      Data($0.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    } + [Data([1, 0, 6, 0, 1, 0, 0, 0]), Data([1, 0, 5, 0, 1, 0, 0, 0])]

  static let count =
    ProcessInfo.processInfo.environment["PAC_DAMAGED_FILES"].flatMap { Int($0) } ?? 150

  @Test(arguments: samples) func damaged(_ sample: Sample) throws {
    let given = ProcessInfo.processInfo.environment["PAC_DAMAGED_FILES_SEED"]
    let seed = given.flatMap { UInt64($0) } ?? .random(in: 0..<1_000_000)
    // libhdf5 1.10 overwrites memory of its own now and then: each of its files gets a process, and
    // fewer are read.
    let count = sample.together == 1 ? max(Self.count / 4, 1) : Self.count
    let report = try readDamaged(
      sample.data(), format: sample.format, count: count, seed: seed, together: sample.together,
      marks: sample.marks, repair: sample.repair)
    let failures = report.failures.joined(separator: "\n")
    #expect(report.failures.isEmpty, "\(sample), seed \(seed):\n\(failures)")
    #expect(report.accepted + report.refused + report.failures.count == count)
    #expect(report.refused > count / 10, "\(sample): only \(report.refused) refused")
    print("\(sample), seed \(seed): \(report.accepted) read, \(report.refused) refused")
  }

  /// The harness itself: what it must notice is noticed.
  @Test(arguments: [
    ("crash", "ended with status"), ("memory", "ended with status"), ("lines", "several lines"),
    ("nameless", "refused: nothing named"),
  ])
  func theHarnessNotices(_ format: String, _ expected: String) throws {
    let report = try readDamaged(Data("abc".utf8), format: format, count: 3, seed: 1)
    #expect(report.failures.count == 3)
    #expect(report.failures.allSatisfy { $0.contains(expected) }, "\(report.failures)")
  }

  private static func committed(
    _ path: String, _ format: String, repair: @escaping @Sendable (Data) -> Data = { $0 },
    together: Int = .max
  ) -> Sample {
    let file = packageRoot.appendingPathComponent(path)
    return Sample(
      name: file.lastPathComponent, format: format, data: { try Data(contentsOf: file) },
      repair: repair, together: together)
  }

  private static func png() throws -> Data {
    let folder = try TemporaryFolder()
    let samples = (0..<3 * 9 * 7).map { UInt16($0 * 341 % 65_536) }
    try PNG.write(
      Raster(width: 9, height: 7, channels: 3, bitDepth: 16, samples: samples), to: folder("a.png"))
    return try Data(contentsOf: URL(fileURLWithPath: folder("a.png")))
  }

  private static func flow() throws -> Data {
    let folder = try TemporaryFolder()
    try FlowField(width: 9, height: 7, components: (0..<2 * 63).map { Float($0) * 0.1 })
      .write(to: folder("a.flo"))
    return try Data(contentsOf: URL(fileURLWithPath: folder("a.flo")))
  }

  /// Recomputes the checksum of every chunk whose length lies within the file.
  private static func repairedPNG(_ data: Data) -> Data {
    var bytes = Array(data)
    var place = 8
    while place + 12 <= bytes.count {
      let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= bytes.count - place - 12 else { break }
      let end = place + 8 + length
      let sum = crc32_z(crc32_z(0, nil, 0), Array(bytes[place + 4..<end]), z_size_t(length + 4))
      for i in 0..<4 { bytes[end + i] = UInt8(truncatingIfNeeded: sum >> UInt(24 - 8 * i)) }
      place = end + 4
    }
    return Data(bytes)
  }

  /// A file of texts of variable length, which the library keeps in heaps of their own.
  private static func texts() throws -> Data {
    let folder = try TemporaryFolder()
    let file = try HDF5File(creating: folder("a.h5"))
    for number in 0..<3 {
      try file.root.setAttribute("attribute \(number)", String(repeating: "ab", count: 9 * number))
      try file.root.write(
        (0..<40).map { "text \($0) of \(number)" }, as: "group/texts \(number)")
    }
    try file.close()
    return try Data(contentsOf: URL(fileURLWithPath: folder("a.h5")))
  }

  /// A file laid out as the labelled part of NYU Depth V2.
  private static func matlab(chunked: Bool) throws -> Data {
    let folder = try TemporaryFolder()
    let file = try HDF5File(creating: folder("a.h5"))
    let (count, width, height) = (3, 8, 6)
    try file.root.write(
      (0..<count * 3 * width * height).map { UInt8($0 % 256) }, shape: [count, 3, width, height],
      as: "images", chunk: chunked ? [1, 3, width, height] : nil, compression: chunked ? 4 : nil)
    try file.root.write(
      (0..<count * width * height).map { Float($0) * 0.1 + 1 }, shape: [count, width, height],
      as: "depths", chunk: chunked ? [2, width, height] : nil, compression: chunked ? 4 : nil)
    try file.close()
    let plain = try Data(contentsOf: URL(fileURLWithPath: folder("a.h5")))
    return Data("MATLAB 7.3 MAT-file".utf8) + Data(repeating: 0x20, count: 493) + plain
  }
}
