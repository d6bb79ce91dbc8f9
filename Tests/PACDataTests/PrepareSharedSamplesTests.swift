import PACData
import PACTestSupport
import Testing

/// Real photographs with depth beside the package; the sums were taken with NumPy and Pillow.
@Suite struct PrepareSharedSamplesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func prepare(
    _ colors: String, _ depths: String, _ options: PairsOptions
  ) throws -> DatasetReader {
    try preparePairs(
      colors: sharedData(colors) ?? "", depths: sharedData(depths) ?? "", to: folder("set.h5"),
      options: options)
    return try DatasetReader(folder("set.h5"))
  }

  private func channelSums(_ image: ByteImage) -> [Int] {
    let pixels = image.height * image.width
    return (0..<image.channels).map { channel in
      image.bytes[channel * pixels..<(channel + 1) * pixels].reduce(0) { $0 + Int($1) }
    }
  }

  private func sum(_ sample: SceneSample) -> Double {
    sample.depth?.elements.reduce(0) { $0 + Double($1) } ?? -1
  }

  @Test(.enabled(if: sharedData("data/middlebury") != nil, "sample data beside the package"))
  func middlebury() throws {
    let options = PairsOptions(hasMissingDepth: false, test: .count(6))
    let reader = try prepare("data/middlebury/rgb", "data/middlebury/depth", options)
    #expect(reader.count == 30)
    #expect(reader.splits == ["train": Array(0..<24), "test": Array(24..<30)])
    #expect(reader.names.first == "Middlebury_01_output_color")
    #expect(reader.maximumHeight == 381 && reader.maximumWidth == 465)
    #expect(reader.missingDepth == nil)
    let known: [(Int, (Int, Int), [Int], Double)] = [
      (0, (370, 427), [26_854_833, 27_806_030, 21_456_818], 11_486_495),
      (14, (370, 437), [23_968_937, 14_645_140, 6_295_222], 22_674_939),
      (29, (381, 432), [22_253_839, 18_316_779, 12_053_647], 10_871_370),
    ]
    for (index, size, colors, depth) in known {
      #expect(reader.size(of: index) == size)
      let sample = try reader.read(index)
      #expect(channelSums(sample.image) == colors)
      #expect(sum(sample) == depth)
    }
  }

  @Test(.enabled(if: sharedData("data/nyu/metric3d") != nil, "sample data beside the package"))
  func millimetresWithHoles() throws {
    let options = PairsOptions(depthScale: 0.001, depthUnit: .metre, test: .ratio(0.34))
    let reader = try prepare("data/nyu/metric3d", "data/nyu/metric3d", options)
    #expect(reader.names == ["rgb_00000", "rgb_00050", "rgb_00100"])
    #expect(reader.splits == ["train": [0, 1], "test": [2]])
    let known: [(Double, Int, Float, [Int])] = [
      (805_536.601, 82079, 3.015, [30_215_162, 30_153_265, 30_239_278]),
      (796_840.645, 76602, 6.566, [36_313_661, 36_692_123, 35_673_262]),
      (574_303.696, 101230, 2.319, [33_597_191, 31_688_682, 29_122_640]),
    ]
    for (index, (total, missing, centre, colors)) in known.enumerated() {
      let sample = try reader.read(index)
      let depth = sample.depth?.elements ?? []
      #expect(abs(sum(sample) - total) < 0.1)
      #expect(depth.count { $0 == 0 } == missing)
      #expect(depth[240 * 640 + 320] == centre)
      // Decoders of JPEG may differ by a level in places.
      for (found, expected) in zip(channelSums(sample.image), colors) {
        #expect(abs(found - expected) < 3000)
      }
    }
  }

  @Test(.enabled(if: sharedData("data/nyu/dctnet") != nil, "sample data beside the package"))
  func columnMajorArrays() throws {
    let options = PairsOptions(depthUnit: .metre, test: .count(3))
    let reader = try prepare("data/nyu/dctnet", "data/nyu/dctnet", options)
    #expect(reader.names == ["1000", "1001", "1002"])
    #expect(reader.splits == ["train": [], "test": [0, 1, 2]])
    let known: [(Float, Float, Double)] = [
      (3.4955392, 0.9407081, 810673.4601843357), (3.679397, 2.1453707, 804724.005748272),
      (1.6696563, 1.2837434, 684583.9347537756),
    ]
    for (index, (inside, corner, total)) in known.enumerated() {
      let sample = try reader.read(index)
      let depth = sample.depth?.elements ?? []
      #expect(sample.depth?.shape.dimensions == [1, 1, 480, 640])
      #expect(depth[100 * 640 + 200] == inside)
      #expect(depth[479 * 640] == corner)
      #expect(abs(sum(sample) - total) < 1e-6)
    }
  }
}
