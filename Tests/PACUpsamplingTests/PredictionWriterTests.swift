import Foundation
import PACData
import PACImageFiles
import PACTensors
import PACTestSupport
import Testing

@testable import PACUpsampling

@Suite struct PredictionWriterTests {
  /// Two rows of four pixels with factor 2; the ground truth of the last pixel is missing, the
  /// first one is excluded.
  private func sample(name: String = "room", target: [Float] = [1, 2, 3, 4, 5, 6, 7, 0])
    -> UpsamplingSample
  {
    UpsamplingSample(
      name: name, index: 12, low: Tensor([1, 1, 1, 2], [0, 1]),
      guide: Tensor([1, 3, 2, 4], (0..<24).map { Float($0 % 8) / 8 }),
      target: Tensor([1, 1, 2, 4], target), valid: Tensor([1, 1, 2, 4], [0, 1, 1, 1, 1, 1, 1, 0]),
      validCount: 6, normalisation: [ChannelNormalisation(of: [1, 9])])
  }

  private func prediction(_ values: [Float]) -> Tensor { Tensor([1, 1, 2, 4], values) }

  @Test func panels() throws {
    let predicted = prediction([1, 2, 3, 4, 5, 7, 7, 100])
    let picture = SamplePicture(sample(), predictions: [predicted]).render()
    #expect(picture.height == 2)
    #expect(picture.width == 36)
    func pixel(panel: Int, _ y: Int, _ x: Int) -> [UInt16] {
      let start = (y * picture.width + panel * 8 + x) * 3
      return Array(picture.samples[start..<start + 3])
    }
    func depth(_ value: Float) -> [UInt16] { rounded(ColorMap.depth.color((value - 1) / 8)) }

    #expect(pixel(panel: 0, 1, 2) == [191, 191, 191])  // 6/8
    for y in 0..<2 {
      let squares: [Float] = [1, 1, 9, 9]
      for x in 0..<4 { #expect(pixel(panel: 1, y, x) == depth(squares[x])) }
      for panel in 0..<4 { #expect(pixel(panel: panel, y, 4) == [255, 255, 255]) }
    }
    // A prediction beyond the range gets the last colour.
    let shown: [Float] = [1, 2, 3, 4, 5, 7, 7, 9]
    let truth: [Float] = [1, 2, 3, 4, 5, 6, 7]
    for index in 0..<8 {
      let (y, x) = (index / 4, index % 4)
      #expect(pixel(panel: 2, y, x) == depth(shown[index]))
      if index < 7 { #expect(pixel(panel: 3, y, x) == depth(truth[index])) }
    }
    let grey: [UInt16] = [128, 128, 128]
    #expect(pixel(panel: 3, 1, 3) == grey)
    // Of the six that count only one is wrong, beyond the 99th percentile.
    #expect(pixel(panel: 4, 0, 0) == grey)
    #expect(pixel(panel: 4, 1, 3) == grey)
    #expect(pixel(panel: 4, 1, 1) == rounded(ColorMap.error.color(1)))
    #expect(pixel(panel: 4, 1, 0) == [0, 0, 0])
  }

  private func rounded(_ color: Color) -> [UInt16] {
    (0..<3).map { UInt16(color[$0].rounded()) }
  }

  private func write(
    _ values: [Float], of sample: UpsamplingSample, unit: DepthUnit = .metre, to path: String
  ) throws -> [Substring] {
    try PredictionWriter(folder: path, target: .depth, unit: unit)
      .write(prediction(values), of: sample).split(separator: ",", omittingEmptySubsequences: false)
  }

  @Test func metricDepthIsInMillimetres() throws {
    let folder = try TemporaryFolder()
    let values: [Float] = [1.0004, 2, 3, 4, 5, 7, 7.0006, -1]
    let row = try write(values, of: sample(), to: folder("out/all"))
    let columns = PredictionWriter(folder: "", target: .depth).columns
    #expect(columns == "name,depth,errors,picture,scale,lightest,rmse")
    #expect(
      row.prefix(5) == [
        "room", "depth/0012_room.png", "errors/0012_room.png", "pictures/0012_room.png", "0.001",
      ])
    // (0 + 0 + 0 + 0 + 1² + 0.0006²) / 6 in metres
    #expect(abs((Double(row[6]) ?? 0) - 100 * (1 / 6.0).squareRoot()) < 1e-4)
    let written = try PNG.read(folder("out/all/\(row[1])"))
    #expect(written.bitDepth == 16)
    #expect(written.samples == [1000, 2000, 3000, 4000, 5000, 7000, 7001, 0])
    let picture = try PNG.read(folder("out/all/\(row[3])"))
    let rendered = SamplePicture(sample(), predictions: [prediction(values)]).render()
    #expect(picture == rendered)
    // The error map is the picture's last panel.
    let errors = try PNG.read(folder("out/all/\(row[2])"))
    #expect(errors.width == 4)
    for y in 0..<2 {
      let start = (y * picture.width + 32) * 3
      #expect(errors.samples[y * 12..<y * 12 + 12] == picture.samples[start..<start + 12])
    }
  }

  /// Flow of 2 × 4 vectors with factor 2; the last one is unknown, the first one is excluded.
  private func flowSample() -> UpsamplingSample {
    let vectors: [Float] = [3, 0, 0, 1, 1, 1, 1, 1e10] + [4, 0, 5, 0, 0, 0, 0, 1e10]
    return UpsamplingSample(
      name: "cave/1", index: 3, low: Tensor([1, 2, 1, 2], [0, 1, 0, 1]),
      guide: Tensor.zeros([1, 3, 2, 4]), target: Tensor([1, 2, 2, 4], vectors),
      valid: Tensor([1, 1, 2, 4], [0, 1, 1, 1, 1, 1, 1, 0]), validCount: 6,
      normalisation: [ChannelNormalisation(of: [0, 1]), ChannelNormalisation(of: [-1, 1])])
  }

  @Test func flowWithOthersBesideIt() throws {
    let folder = try TemporaryFolder()
    let sample = flowSample()
    var predicted = sample.target.elements
    (predicted[7], predicted[15]) = (0, 0)
    predicted[2] = 3  // 3 px to the right of (0, 5)
    predicted[10] = 9
    let ours = Tensor([1, 2, 2, 4], predicted)
    let zero = Tensor.zeros([1, 2, 2, 4])
    let writer = PredictionWriter(
      folder: folder.path, target: .flow, others: ["Bilinear", "A, B"])
    #expect(
      writer.columns
        == "name,flow,colors,errors,picture,lightest,rmse,epe,epe Bilinear,\"epe A, B\"")
    let row = try writer.write(ours, others: [zero, ours], of: sample)
      .split(separator: ",")
    #expect(row[0] == "cave/1")
    #expect(row[1] == "flow/0003_cave-1.flo")
    #expect(
      Array(row[2...4].map(String.init))
        == ["colors", "errors", "pictures"].map { "\($0)/0003_cave-1.png" })
    let field = try FlowField(contentsOf: folder("flow/0003_cave-1.flo"))
    #expect(field.width == 4 && field.height == 2 && field.components == predicted)
    // One of six vectors is wrong by (3, 4).
    #expect(abs((Double(row[6]) ?? 0) - (25 / 6.0).squareRoot()) < 1e-9)
    #expect(abs((Double(row[7]) ?? 0) - 5 / 6.0) < 1e-9)
    #expect(abs((Double(row[8]) ?? 0) - 9 / 6.0) < 1e-9)  // |(0,0)| + 5 + 1 + 1 + 1 + 1
    #expect(row[9] == row[7])

    let picture = try PNG.read(folder("pictures/0003_cave-1.png"))
    #expect(picture.width == 5 * 4 + 4 * 4 && picture.height == 2 * 2 + 4)
    func pixel(_ column: Int, _ row: Int, _ y: Int, _ x: Int) -> [UInt16] {
      let start = ((row * 6 + y) * picture.width + column * 8 + x) * 3
      return Array(picture.samples[start..<start + 3])
    }
    // The longest known vector has length 5: the picture's radius.
    let colors = FlowColors(radius: 5)
    #expect(pixel(1, 0, 0, 0) == rounded(colors.color(3, 4)))
    #expect(pixel(1, 0, 0, 2) == rounded(colors.color(0, 5)))
    #expect(pixel(1, 0, 1, 3) == [128, 128, 128])
    #expect(pixel(2, 0, 0, 2) == [255, 255, 255])
    #expect(pixel(4, 0, 0, 2) == rounded(colors.color(3, 9)))
    #expect(pixel(0, 1, 0, 0) == rounded(colors.color(0, -1)))
    #expect(pixel(0, 1, 1, 3) == rounded(colors.color(1, 1)))
    #expect(pixel(1, 1, 1, 1) == [255, 255, 255])
    #expect(pixel(2, 1, 0, 0) == [128, 128, 128])
    #expect(pixel(3, 1, 0, 1) == [0, 0, 0])
    let coded = try PNG.read(folder("colors/0003_cave-1.png"))
    #expect(Array(coded.samples[6..<9]) == rounded(colors.color(3, 9)))
  }

  @Test(arguments: [
    (1.0, DepthUnit.metre, 0.001), (65.535, .metre, 0.001), (65.6, .metre, 0.002),
    (300, .metre, 0.005), (0, .unitless, 1), (-3, .unitless, 1), (0.5, .unitless, 1e-5),
    (255, .unitless, 0.005), (65_535, .unitless, 1), (65_536, .unitless, 2), (4e5, .unitless, 10),
  ])
  func scaleOfACount(_ largest: Double, _ unit: DepthUnit, _ scale: Double) {
    let found = countScale(largest: largest, unit: unit)
    #expect(abs(found / scale - 1) < 1e-12, "\(found)")
    #expect(largest / found <= 65_535 * (1 + 1e-12))
  }

  @Test func namesMakeFileNamesAndRows() throws {
    let folder = try TemporaryFolder()
    let row = try PredictionWriter(folder: folder.path, target: .depth).write(
      prediction([0, 0, 0, 0, 0, 0, 0, 0.5]), of: sample(name: "a/b \"c\", ü"))
    let file = "0012_a-b--c---ü.png"
    #expect(
      row.hasPrefix(
        "\"a/b \"\"c\"\", ü\",depth/\(file),errors/\(file),pictures/\(file),1e-05,6.0,4.8"),
      "\(row)")
    #expect(try folder.names() == ["depth", "errors", "pictures"])
  }

  @Test func failures() throws {
    let folder = try TemporaryFolder()
    #expect(
      message {
        _ = try write([0, 0, 0, .nan, 0, 0, 0, 0], of: sample(), to: folder.path)
      } == "sample room: the prediction is non-finite; train longer or again")
    try folder.write(Data(), as: "file")
    #expect(
      message {
        _ = try write([0, 0, 0, 0, 0, 0, 0, 0], of: sample(), to: folder("file"))
      }
        == "\(folder("file"))/depth: cannot create the folder; check the path and its permissions"
    )
  }
}
