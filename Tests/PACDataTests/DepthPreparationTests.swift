import Foundation
import PACData
import PACHDF5
import PACImageFiles
import PACTestSupport
import Testing

/// Depth that would be read wrongly without a word: units, orientation, transposed arrays, values
/// that are no depth, names that disagree.
@Suite struct DepthPreparationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func writeColor(_ name: String, height: Int = 2, width: Int = 3) throws {
    try FileManager.default.createDirectory(
      atPath: folder("rgb"), withIntermediateDirectories: true)
    try PNG.write(
      Raster(
        width: width, height: height, channels: 3,
        samples: (0..<3 * width * height).map { UInt16($0 % 256) }), to: folder("rgb/\(name).png"))
  }

  /// A `.npy` file of float32 or uint16.
  private func writeArray<T>(
    _ name: String, _ values: [T], _ type: String = "<f4", height: Int = 2, width: Int = 3
  ) throws {
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(height), \(width)), }"
    while (header.utf8.count + 11) % 64 != 0 { header += " " }
    let head = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, UInt8(header.utf8.count + 1), 0])
    let body = values.withUnsafeBytes { Data($0) }
    try folder.write(head + Data((header + "\n").utf8) + body, as: "depth/\(name).npy")
  }

  private func prepare(_ options: PairsOptions = PairsOptions()) throws -> DatasetSummary {
    try preparePairs(
      colors: folder("rgb"), depths: folder("depth"), to: folder("set.h5"), options: options)
  }

  private func problem(_ options: PairsOptions = PairsOptions()) -> String {
    message { _ = try prepare(options) }.replacing(folder.path, with: "T")
  }

  private func remarks(_ options: PairsOptions = PairsOptions()) throws -> [String] {
    try prepare(options).remarks.map { $0.replacing(folder.path, with: "T") }
  }

  private let metres = PairsOptions(depthUnit: .metre)

  @Test func wholeNumbersAskForTheScale() throws {
    try writeColor("a")
    let text =
      "T/depth/a.npy: all values are whole numbers; how many metres is one unit? give a depth "
      + "scale, such as 0.001 for millimetres"
    try writeArray("a", [0, 1500, 2000, 2500, 3930, 1800] as [Float])
    #expect(problem(metres) == text)
    try writeArray("a", [0, 1, 2, 2, 3, 1] as [UInt16], "<u2")
    #expect(problem(metres) == text)
    // Who gives a scale, or no unit, is believed.
    #expect(try prepare().survey?.depth?.largest == 3)
    let scaled = PairsOptions(depthScale: 1, depthUnit: .metre)
    #expect(try prepare(scaled).survey?.depth?.largest == 3)
    try writeArray("a", [0, 1.5, 2, 2, 3, 1] as [Float])
    #expect(try prepare(metres).survey?.depth?.smallest == 1)
  }

  @Test(arguments: [
    (Float(187.5), "0.01 for centimetres"), (1873.25, "0.001 for millimetres"),
  ])
  func valuesThatCannotBeMetres(_ value: Float, scale: String) throws {
    try writeColor("a")
    try writeArray("a", [0, 0.5, value, value, value + 1, value])
    #expect(
      problem(metres)
        == "T/depth/a.npy: half of its depths are above \(value), which cannot be metres; give a "
        + "depth scale, such as \(scale), or 1 if these are metres")
    // A far sky beside near things may be metres.
    try writeArray("a", [0, 0.5, 3, 4, 5.5, value])
    #expect(try prepare(metres).remarks == [])
    try writeArray("a", [0, value, value, value, value, value])
    #expect(
      try remarks(PairsOptions(depthScale: 1, depthUnit: .metre))
        == ["no depth is below \(value) metres; check the unit and the scale"])
    #expect(
      try remarks(PairsOptions(depthScale: 1e-5, depthUnit: .metre))
        == ["no depth is above \(Float(Double(value) * 1e-5)) metres; check the unit and the scale"]
    )
  }

  /// Counts of 4 bits were scaled to 8, so that 1 became 17.
  @Test func countsOfFewBits() throws {
    try writeColor("a")
    let builder = PNGBuilder(
      width: 3, height: 2, bitDepth: 4, colorType: 0, pixel: { [3 * $0 + $1] })
    try folder.write(builder.data(), as: "depth/a.png")
    _ = try prepare(PairsOptions(depthScale: 2))
    let sample = try DatasetReader(folder("set.h5")).read(0)
    #expect(sample.depth?.elements == [0, 2, 4, 6, 8, 10])
    let palette = PNGBuilder(
      width: 3, height: 2, bitDepth: 8, colorType: 3, palette: [[9, 9, 9], [4, 4, 4]],
      pixel: { [($0 + $1) % 2] })
    try folder.write(palette.data(), as: "depth/a.png")
    _ = try prepare()
    let levels = try DatasetReader(folder("set.h5")).read(0)
    #expect(levels.depth?.elements == [9, 4, 9, 4, 9, 4])
    let colors = PNGBuilder(
      width: 3, height: 2, bitDepth: 8, colorType: 3, palette: [[9, 9, 8]], pixel: { _, _ in [0] })
    try folder.write(colors.data(), as: "depth/a.png")
    #expect(
      problem() == "T/depth/a.png: a palette of colours, not depth; give one grey channel")
  }

  @Test func valuesThatAreNoDepthAreCounted() throws {
    for (name, values) in [
      ("a", [.nan, .nan, 1.5, 2, 2, 2]), ("b", [.nan, -1, .infinity, 2, 2, 2.5]),
      ("c", [0, 0, 0, 0, 0, 0]),
    ] as [(String, [Float])] {
      try writeColor(name)
      try writeArray(name, values)
    }
    let options = PairsOptions(depthUnit: .metre, test: .count(1))
    #expect(
      try remarks(options) == [
        "split test: no pixel has known depth; nothing can be learned or measured on it",
        "no pixel has known depth in 1 of 3 samples, first c",
        "T/depth/a.npy and 1 more: 3 NaN values, taken for missing depth",
        "T/depth/b.npy: 1 infinite values, taken for missing depth",
        "T/depth/b.npy: 1 negative values, taken for missing depth",
      ])
    let survey = try #require(try prepare(options).survey?.depth)
    #expect(survey.knownCount == 7 && survey.count == 18)
    #expect(survey.smallest == 1.5 && survey.largest == 2.5)
  }

  @Test func wordsThatDisagree() throws {
    for name in ["kitchen_1", "office_2", "office_3"] { try writeColor("rgb_\(name)") }
    for name in ["office_1_depth", "office_2_depth", "kitchen_3_depth"] {
      try writeArray(name, [1.5, 1, 1, 1, 1, 1] as [Float])
    }
    #expect(
      try remarks() == [
        "T/rgb/rgb_kitchen_1.png was paired with T/depth/office_1_depth.npy, although their words "
          + "differ, and so do 1 more pairs; give both files of a pair the same name"
      ])
  }

  @Test func wordsThatAllFilesShare() throws {
    for number in 1...2 {
      try writeColor("rgb_0\(number)")
      try writeArray("sync_depth_0\(number)", [1.5, 1, 1, 1, 1, 1] as [Float])
    }
    #expect(
      try remarks() == [
        "names differ, so files were paired by their numbers: T/rgb/rgb_01.png with "
          + "T/depth/sync_depth_01.npy"
      ])
  }

  @Test func transposedArrays() throws {
    try writeColor("a", height: 2, width: 3)
    try writeArray("a", [1.5, 1, 1, 1, 1, 1] as [Float], height: 3, width: 2)
    #expect(
      problem()
        == "T/depth/a.npy: 3 × 2 pixels (rows × columns), but T/rgb/a.png has 2 × 3; transpose the "
        + "depth, whose rows and columns are exchanged")
  }

  /// A camera held upright or upside down: the colours are turned to the depth, which is not.
  @Test(arguments: [3, 6] as [UInt8])
  func orientedColors(_ number: UInt8) throws {
    // Stored colours 0, 1 … of 3 × 2, orientation in an eXIf chunk as PNG holds it.
    var builder = PNGBuilder(
      width: 3, height: 2, bitDepth: 8, colorType: 0, pixel: { [3 * $0 + $1] })
    builder.exif =
      Data("II".utf8) + [42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, number, 0, 0, 0]
    try folder.write(builder.data(), as: "rgb/a.png")
    let (height, width) = number == 3 ? (2, 3) : (3, 2)
    try writeArray("a", [1.5, 1, 1, 1, 1, 1] as [Float], height: height, width: width)
    #expect(
      try remarks() == ["T/rgb/a.png: turned upright by its EXIF orientation \(number)"])
    let image = try DatasetReader(folder("set.h5")).read(0).image
    #expect((image.height, image.width) == (height, width))
    #expect(image.bytes.prefix(6) == (number == 3 ? [5, 4, 3, 2, 1, 0] : [3, 0, 4, 1, 5, 2]))
    guard number == 6 else { return }
    try writeArray("a", [1.5, 1, 1, 1, 1, 1] as [Float], height: 2, width: 3)
    #expect(
      problem()
        == "T/depth/a.npy: 2 × 3 pixels (rows × columns), but T/rgb/a.png has 3 × 2 after it was "
        + "turned upright by its EXIF orientation 6; turn the depth in the same way, or remove the "
        + "orientation")
  }
}
