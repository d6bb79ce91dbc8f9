import Foundation
import PACData
import PACHDF5
import PACTensors
import PACTestSupport
import Testing

@Suite struct PrepareNYUTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes scenes as MATLAB 7.3 does: axes reversed, HDF5 behind a block of 512 bytes.
  private func writeMatlab(
    _ scenes: [SceneSample], chunk: Int? = nil, imagesAs imageShape: [Int]? = nil
  ) throws -> String {
    let (height, width) = (scenes[0].image.height, scenes[0].image.width)
    let file = try HDF5File(creating: folder("plain.h5"))
    let images = scenes.flatMap { scene in
      (0..<3).flatMap { c in
        (0..<width).flatMap { x in
          (0..<height).map { y in scene.image.bytes[(c * height + y) * width + x] }
        }
      }
    }
    let depths = scenes.flatMap { scene in
      let depth = scene.depth?.elements ?? []
      return (0..<width).flatMap { x in (0..<height).map { y in depth[y * width + x] } }
    }
    let count = scenes.count
    try file.root.write(
      images, shape: imageShape ?? [count, 3, width, height], as: "images",
      chunk: chunk.map { [$0, 3, width, height] }, compression: chunk.map { _ in 4 })
    try file.root.write(
      depths, shape: [count, width, height], as: "depths",
      chunk: chunk.map { [$0, width, height] }, compression: chunk.map { _ in 4 })
    try file.close()
    let plain = try Foundation.Data(contentsOf: URL(fileURLWithPath: folder("plain.h5")))
    try FileManager.default.removeItem(atPath: folder("plain.h5"))
    var block = Foundation.Data("MATLAB 7.3 MAT-file, Platform: GLNXA64".utf8)
    block.append(Foundation.Data(repeating: 0x20, count: 512 - block.count))
    return try folder.write(block + plain, as: "labeled.mat")
  }

  private func scenes(_ count: Int) -> [SceneSample] {
    (0..<count).map { numberedScene($0 + 1, height: 6, width: 8, fields: [.depth]) }
  }

  @Test(arguments: [nil, 1, 3])
  func transposesEveryFrame(_ chunk: Int?) throws {
    let scenes = scenes(7)
    var steps: [[Int]] = []
    try prepareNYU(from: writeMatlab(scenes, chunk: chunk), to: folder("nyu.h5")) {
      steps.append([$0, $1])
    }
    #expect(steps == (1...7).map { [$0, 7] })
    let reader = try DatasetReader(folder("nyu.h5"))
    #expect(reader.depthUnit == .metre)
    #expect(reader.names == (1...7).map { "nyu_000\($0)" })
    // 1000 of 1449, rounded.
    #expect(reader.splits == ["train": [0, 1, 2, 3, 4], "test": [5, 6]])
    for (index, scene) in scenes.enumerated() {
      let sample = try reader.read(index)
      #expect(sample.image == scene.image)
      #expect(sample.depth?.elements == scene.depth?.elements)
    }
    #expect(try folder.names() == ["labeled.mat", "nyu.h5"])
  }

  @Test func publishedSplit() throws {
    let scenes = (0..<1449).map { number in
      var scene = numberedScene(number, height: 1, width: 1, fields: [.depth])
      scene.depth = Tensor([1, 1, 1, 1], [0.5 + Float(number % 7)])
      return scene
    }
    try prepareNYU(from: writeMatlab(scenes), to: folder("nyu.h5"))
    let reader = try DatasetReader(folder("nyu.h5"))
    #expect(reader.splits == ["train": Array(0..<1000), "test": Array(1000..<1449)])
  }

  @Test func chosenSplitAndMissingDepth() throws {
    var scene = numberedScene(1, height: 1, width: 4, fields: [.depth])
    scene.depth = Tensor([1, 1, 1, 4], [1.5, .nan, -2, .infinity])
    let source = try writeMatlab([scene, scene])
    let summary = try prepareNYU(
      from: source, to: folder("nyu.h5"), options: NYUOptions(trainCount: 2))
    #expect(
      summary.remarks
        == ["NaN", "infinite", "negative"].map {
          "\(source), nyu_0001 and 1 more: 2 \($0) values, taken for missing depth"
        })
    let reader = try DatasetReader(folder("nyu.h5"))
    #expect(reader.splits == ["train": [0, 1], "test": []])
    #expect(try reader.read(1).depth?.elements == [1.5, 0, 0, 0])
    #expect(
      message {
        try prepareNYU(from: source, to: folder("x.h5"), options: NYUOptions(trainCount: 3))
      } == "\(source): cannot train on 3 of 2 samples; choose fewer")
  }

  /// Millimetres, and other numbers that are not NYU's metres.
  @Test func depthsThatAreNoMetres() throws {
    func problem(_ depths: [Float]) throws -> String {
      var scene = numberedScene(1, height: 1, width: 4, fields: [.depth])
      scene.depth = Tensor([1, 1, 1, 4], depths)
      let source = try writeMatlab([numberedScene(1, height: 1, width: 4, fields: [.depth]), scene])
      return message { try prepareNYU(from: source, to: folder("nyu.h5")) }
        .replacing(source, with: "S")
    }
    let advice =
      "but NYU Depth V2 has metres up to 10; convert /depths to metres, such as by 0.001 from "
      + "millimetres"
    #expect(
      try problem([1500, 3930, 0, 2000])
        == "S, /depths: 1500.0 to 3930.0 in nyu_0002, all whole numbers, \(advice)")
    #expect(
      try problem([1, 3, .nan, 2])
        == "S, /depths: 1.0 to 3.0 in nyu_0002, all whole numbers, \(advice)")
    #expect(try problem([1.5, 20.5, 2, 2]) == "S, /depths: 1.5 to 20.5 in nyu_0002, \(advice)")
    #expect(try problem([1.5, 10, 2, 2]) == "no error")
    #expect(try folder.names() == ["labeled.mat", "nyu.h5"])
  }

  @Test func transposedDepths() throws {
    let path = folder("labeled.mat")
    let file = try HDF5File(creating: path)
    try file.root.write([UInt8](repeating: 1, count: 18), shape: [1, 3, 3, 2], as: "images")
    try file.root.write([Float](repeating: 1.5, count: 6), shape: [1, 2, 3], as: "depths")
    try file.close()
    #expect(
      message { try prepareNYU(from: path, to: folder("nyu.h5")) }
        == "\(path), /depths: [1, 2, 3], but /images has [1, 3, 3, 2]; transpose the depths, whose "
        + "rows and columns are exchanged")
  }

  @Test func clearErrors() throws {
    let source = try writeMatlab(scenes(2), imagesAs: [2, 6, 8, 3])
    #expect(
      message { try prepareNYU(from: source, to: folder("nyu.h5")) }
        == "\(source), /images: expected uint8 [N, 3, columns, rows], found uint8 [2, 6, 8, 3]; "
        + "use nyu_depth_v2_labeled.mat"
    )
    let other = folder("other.mat")
    let file = try HDF5File(creating: other)
    try file.root.write([1.0], shape: [1], as: "array")
    try file.close()
    #expect(
      message { try prepareNYU(from: other, to: folder("nyu.h5")) }
        == "\(other), /images: not found; check that this is the right file")
    #expect(try folder.names() == ["labeled.mat", "other.mat"])
  }

  /// The repository's own samples, and NYU's frames beside the package where there are.
  @Test(arguments: [reference("Samples/metres"), sharedData("data/nyu/dctnet")].compactMap { $0 })
  func sameAsPairs(_ frames: String) throws {
    try preparePairs(
      colors: frames, depths: frames, to: folder("pairs.h5"),
      options: PairsOptions(depthUnit: .metre))
    let pairs = try DatasetReader(folder("pairs.h5"))
    let source = try writeMatlab((0..<3).map { try pairs.read($0) }, chunk: 1)
    try prepareNYU(from: source, to: folder("nyu.h5"), options: NYUOptions(compression: 1))
    let reader = try DatasetReader(folder("nyu.h5"))
    for index in 0..<3 {
      let (sample, expected) = (try reader.read(index), try pairs.read(index))
      #expect(sample.image == expected.image)
      #expect(sample.depth?.elements == expected.depth?.elements)
    }
  }
}
