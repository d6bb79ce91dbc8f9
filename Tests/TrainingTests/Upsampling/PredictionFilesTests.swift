import Foundation
import ImageFiles
import Tensors
import TestSupport
import Testing

@testable import Data
@testable import Training

@Suite struct PredictionFilesTests {
  /// Two rows of four pixels by factor 2; the truth of the last pixel was not measured, the first one does not count.
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
    let picture = SamplePicture(sample(), prediction: predicted).render()
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

  @Test func metricDepthIsInMillimetres() throws {
    let folder = try TemporaryFolder()
    let values: [Float] = [1.0004, 2, 3, 4, 5, 7, 7.0006, -1]
    let files = try PredictionFiles(
      writing: prediction(values), of: sample(), unit: .metre, to: folder("out/all"))
    #expect(files.depth == "depth/0012_room.png")
    #expect(files.picture == "pictures/0012_room.png")
    #expect(files.scale == 0.001)
    // (0 + 0 + 0 + 0 + 1² + 0.0006²) / 6 in metres
    #expect(abs((files.rootMeanSquare ?? 0) - 100 * (1 / 6.0).squareRoot()) < 1e-4)
    let written = try PNG.read(folder("out/all/\(files.depth)"))
    #expect(written.bitDepth == 16)
    #expect(written.samples == [1000, 2000, 3000, 4000, 5000, 7000, 7001, 0])
    let picture = try PNG.read(folder("out/all/\(files.picture)"))
    #expect(picture == SamplePicture(sample(), prediction: prediction(values)).render())
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
    let files = try PredictionFiles(
      writing: prediction([0, 0, 0, 0, 0, 0, 0, 0.5]), of: sample(name: "a/b \"c\", ü"),
      unit: .unitless,
      to: folder.path)
    #expect(files.depth == "depth/0012_a-b--c---ü.png")
    #expect(
      files.row.hasPrefix(
        "\"a/b \"\"c\"\", ü\",depth/0012_a-b--c---ü.png,pictures/0012_a-b--c---ü.png,1e-05,4.8"))
    #expect(try folder.names() == ["depth", "pictures"])
  }

  @Test func failures() throws {
    let folder = try TemporaryFolder()
    #expect(
      message {
        _ = try PredictionFiles(
          writing: prediction([0, 0, 0, .nan, 0, 0, 0, 0]), of: sample(), unit: .metre,
          to: folder.path)
      } == "sample room: the prediction is not finite; train longer or anew")
    try folder.write(Data(), as: "file")
    #expect(
      message {
        _ = try PredictionFiles(
          writing: prediction([0, 0, 0, 0, 0, 0, 0, 0]), of: sample(), unit: .metre,
          to: folder("file"))
      }
        == "\(folder("file"))/depth: cannot make the folder; check its place and the permissions there"
    )
  }
}
