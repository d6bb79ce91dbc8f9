import Foundation
import PACImageFiles
import PACTensors
import PACTestSupport
import Testing

@testable import PACData

/// Optical flow in the files of several datasets.
@Suite struct PrepareFlowTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for part in ["i", "f"] {
      try FileManager.default.createDirectory(
        atPath: folder(part), withIntermediateDirectories: true)
    }
  }

  private func writeImage(_ name: String, width: Int = 3, height: Int = 2) throws {
    try PNG.write(
      Raster(
        width: width, height: height, channels: 3,
        samples: (0..<3 * width * height).map { UInt16($0) }), to: folder("i/\(name)"))
  }

  private func prepare(_ options: FlowOptions = FlowOptions()) throws -> DatasetSummary {
    try prepareFlow(
      images: folder("i"), flows: folder("f"), to: folder("out.h5"), options: options)
  }

  private func problem(_ options: FlowOptions = FlowOptions()) -> String {
    message { _ = try prepare(options) }.replacing(folder.path, with: "T")
  }

  private func flow(_ sample: Int = 0) throws -> [Float]? {
    try DatasetReader(folder("out.h5")).read(sample).flow?.elements
  }

  /// The last frame of a sequence has no flow.
  @Test func middleburyWithALoneFrame() throws {
    for number in 8...11 { try writeImage("frame_\(number).png") }
    for number in 8...10 {
      let components = (0..<12).map { Float($0) + Float(number) / 4 }
      try FlowField(width: 3, height: 2, components: components)
        .write(to: folder("f/frame_\(number).flo"))
    }
    let summary = try prepare(FlowOptions(test: .count(1)))
    let reader = try DatasetReader(folder("out.h5"))
    #expect(reader.names == ["frame_8", "frame_9", "frame_10"])
    #expect(reader.splits == ["train": [0, 1], "test": [2]])
    #expect(try flow(1) == (0..<12).map { Float($0) + 2.25 })
    #expect(summary.remarks == ["frame_11.png: left out, since it has no partner"])
    #expect(summary.survey?.flow?.knownCount == 18)
  }

  /// Sixteen bits: 64 counts a pixel around 2¹⁵, blue 0 = not measured.
  @Test func kitti() throws {
    try writeImage("000000_10.png")
    try writeImage("000000_11.png")
    let vectors: [(UInt16, UInt16, UInt16)] = [
      (32768, 32768, 1), (32832, 32704, 1), (0, 0, 0), (65535, 0, 1), (32769, 32767, 1),
      (40000, 40000, 0),
    ]
    try PNG.write(
      Raster(
        width: 3, height: 2, channels: 3, bitDepth: 16,
        samples: vectors.flatMap { [$0.0, $0.1, $0.2] }), to: folder("f/000000_10.png"))
    let summary = try prepare()
    let unknown: Float = 1e10
    #expect(
      try flow() == [
        0, 1, unknown, 511.984375, 0.015625, unknown,
        0, -1, unknown, -512, -0.015625, unknown,
      ])
    #expect(summary.survey?.flow?.knownCount == 4)
  }

  /// Three channels from the bottom up, in both byte orders; the third one does not count.
  @Test(arguments: [true, false])
  func portableFloatMap(_ isLittle: Bool) throws {
    try writeImage("a.png", width: 2)
    var data = Data("PF\n2 2\n\(isLittle ? "-1.0" : "1.0")\n".utf8)
    for value in [5, 6, 0, 7, 8, 0, 1, 2, 0, Float.nan, 4, 0] as [Float] {
      let bits = isLittle ? value.bitPattern.littleEndian : value.bitPattern.bigEndian
      withUnsafeBytes(of: bits) { data.append(contentsOf: $0) }
    }
    _ = try folder.write(data, as: "f/a.pfm")
    _ = try prepare()
    #expect(try flow() == [1, 1e10, 5, 7, 2, 1e10, 6, 8])
  }

  @Test func filesThatAreNoFlow() throws {
    try writeImage("a.png")
    try FileManager.default.copyItem(atPath: folder("i/a.png"), toPath: folder("f/a.png"))
    #expect(
      problem()
        == "T/f/a.png: a PNG file of 3 channels of 8 bits, not flow; KITTI's has three of 16 bits; "
        + "pictures of flow in colours cannot be read back")
    try FileManager.default.removeItem(atPath: folder("f/a.png"))
    _ = try folder.write(Data("Pf\n3 2\n-1\n".utf8) + Data(count: 24), as: "f/a.pfm")
    #expect(
      problem()
        == "T/f/a.pfm: one channel, not a map of 3 numbers a pixel; give a portable float map that "
        + "begins with PF")
    try FileManager.default.removeItem(atPath: folder("f/a.pfm"))
    #expect(
      problem() == "T/f: no flow (.flo, .pfm, .png); the folder is empty; name another folder")
    try FlowField(width: 2, height: 3, components: [Float](repeating: 0, count: 12))
      .write(to: folder("f/a.flo"))
    #expect(
      problem()
        == "T/f/a.flo: 3 × 2 vectors (rows × columns), but T/i/a.png has 2 × 3 pixels; transpose the "
        + "flow, whose rows and columns are exchanged")
  }

  @Test func listsAndPatterns() throws {
    for id in ["1", "2", "3"] {
      try writeImage("\(id)_img1.png")
      try writeImage("\(id)_img2.png")
      try FlowField(width: 3, height: 2, components: [Float](repeating: 1, count: 12))
        .write(to: folder("f/\(id)_flow.flo"))
    }
    let list = try folder.write(Data("3\n1\n".utf8), as: "test.txt")
    _ = try prepare(
      FlowOptions(
        pairing: PairingOptions(
          match: try NamePatterns(image: "{id}_img1.png", truth: "{id}_flow.flo"),
          lists: ["test": list])))
    let reader = try DatasetReader(folder("out.h5"))
    #expect(reader.names == ["1_img1", "3_img1"])
    #expect(reader.splits == ["test": [1, 0]])
  }
}
