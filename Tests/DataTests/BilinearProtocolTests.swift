import Foundation
import Tensors
import Testing

@testable import Data

/// Bilinear upsampling of real depth maps against figures computed with scikit-image and PyTorch.
@Suite("Bilinear upsampling by the published protocol")
struct BilinearProtocolTests {
  static let shared = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "shared")
  static let isPresent = FileManager.default.fileExists(
    atPath: shared.appending(path: "golden/real_bilinear.csv").path)

  @Test(
    "RMSE of NYU frames in centimetres", .enabled(if: isPresent, "needs ../shared"),
    arguments: ["1000", "1001", "1002"], [4, 8, 16])
  func nyu(name: String, factor: Int) throws {
    let depth = try Self.columnMajorDepth(
      Self.shared.appending(path: "data/nyu/dctnet/\(name).npy"), height: 480, width: 640)
    let scene = SceneSample(
      name: name,
      image: ByteImage(
        channels: 3, height: 480, width: 640, bytes: [UInt8](repeating: 0, count: 3 * 480 * 640)),
      depth: depth)
    let maker = try UpsamplingSampleMaker(factor: factor, crop: nil, border: 6)
    let sample = try maker.evaluationSample(of: scene, index: 0)
    #expect(sample.guide.shape == [1, 3, 480, 640])
    let normalised = bilinearResized(
      sample.low.elements, height: sample.low.shape.height, width: sample.low.shape.width,
      newHeight: 480, newWidth: 640)
    let measure = UpsamplingMeasure(
      prediction: Tensor(depth.shape, normalised.map(sample.normalisation[0].raw)),
      target: sample.target, valid: sample.valid)
    let centimetres = try #require(measure.rootMeanSquare) * 100
    let expected = try Self.expected(file: "\(name).npy", factor: factor)
    // Float against Double arithmetic; the figures have five decimals.
    #expect(abs(centimetres - expected) < 2e-5 * expected)
  }

  /// A `.npy` file of version 1.0 holding Fortran-ordered little-endian Float.
  private static func columnMajorDepth(_ url: URL, height: Int, width: Int) throws -> Tensor {
    let bytes = [UInt8](try Data(contentsOf: url))
    let start = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
    try #require(bytes.count == start + 4 * height * width)
    let values = (0..<height * width).map { i in
      let position = start + 4 * (i % width * height + i / width)
      let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[position + $1]) << (8 * $1) }
      return Float(bitPattern: bits)
    }
    return Tensor(Shape(batch: 1, channels: 1, height: height, width: width), values)
  }

  private static func expected(file: String, factor: Int) throws -> Double {
    let csv = try String(
      contentsOf: shared.appending(path: "golden/real_bilinear.csv"), encoding: .utf8)
    let row = csv.split(separator: "\n").map { $0.split(separator: ",") }
      .first { $0[1] == file && $0[2] == "\(factor)" }
    return try #require(row?.last.flatMap { Double($0) })
  }
}
