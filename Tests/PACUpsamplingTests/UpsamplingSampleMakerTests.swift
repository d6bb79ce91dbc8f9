import PACData
import PACTensors
import Testing

@testable import PACUpsampling

@Suite("Upsampling samples")
struct UpsamplingSampleMakerTests {
  /// A scene whose every value tells its row and column.
  static func scene(
    height: Int, width: Int, missing: (_ y: Int, _ x: Int) -> Bool = { _, _ in false }
  ) -> SceneSample {
    let pixels = height * width
    let depth = (0..<pixels).map { i in
      missing(i / width, i % width) ? 0 : Float(1000 * (i / width) + i % width + 1)
    }
    let bytes = (0..<3 * pixels).map { i in
      UInt8((i / pixels * 50 + i % pixels / width * 7 + i % width) % 256)
    }
    return SceneSample(
      name: "scene_0007",
      image: ByteImage(channels: 3, height: height, width: width, bytes: bytes),
      depth: Tensor(Shape(batch: 1, channels: 1, height: height, width: width), depth))
  }

  @Test("crops and flips of target and guide agree and the low resolution is theirs")
  func training() throws {
    let maker = try UpsamplingSampleMaker(factor: 4, crop: 16)
    let scene = Self.scene(height: 40, width: 50)
    var tops = Set<Int>()
    var lefts = Set<Int>()
    var flips = 0
    for epoch in 0..<400 {
      let sample = try maker.trainingSample(of: scene, index: 3, seed: 1, epoch: epoch)
      #expect(sample.target.shape == [1, 1, 16, 16])
      #expect(sample.guide.shape == [1, 3, 16, 16])
      #expect(sample.low.shape == [1, 1, 4, 4])
      let target = sample.target.elements
      let isFlipped = target[1] < target[0]
      let top = Int(target[0]) / 1000
      let left = Int(target[isFlipped ? 15 : 0]) % 1000 - 1
      for y in 0..<16 {
        for x in 0..<16 {
          let (row, column) = (top + y, left + (isFlipped ? 15 - x : x))
          #expect(target[y * 16 + x] == Float(1000 * row + column + 1))
          for channel in 0..<3 {
            let byte = (channel * 50 + row * 7 + column) % 256
            #expect(
              sample.guide.elements[(channel * 16 + y) * 16 + x] == Float(byte) / 255)
          }
        }
      }
      let raw = sample.low.elements.map(sample.normalisation[0].raw)
      let picked = [1, 5, 9, 13].flatMap { y in [1, 5, 9, 13].map { x in target[y * 16 + x] } }
      expectEqual(raw, picked, within: 0.01)
      tops.insert(top)
      lefts.insert(left)
      flips += isFlipped ? 1 : 0
    }
    #expect(tops == Set(0...24))
    #expect(lefts == Set(0...34))
    #expect(abs(flips - 200) < 50)
  }

  @Test("a sample depends on seed, epoch and index alone")
  func reproducible() throws {
    let maker = try UpsamplingSampleMaker(factor: 2, crop: 8)
    let scene = Self.scene(height: 60, width: 60)
    func corner(_ index: Int, _ seed: UInt64, _ epoch: Int) throws -> Float {
      try maker.trainingSample(of: scene, index: index, seed: seed, epoch: epoch)
        .target.elements[0]
    }
    let reference = try corner(1, 2, 3)
    #expect(try corner(1, 2, 3) == reference)
    #expect(try corner(2, 2, 3) != reference)
    #expect(try corner(1, 3, 3) != reference)
    #expect(try corner(1, 2, 4) != reference)
  }

  @Test("each channel is normalised to [0, 1] and mapped back; a flat one becomes a half")
  func normalisation() throws {
    var scene = Self.scene(height: 8, width: 8)
    let flow = (0..<64).map { Float($0) - 20 } + [Float](repeating: 7, count: 64)
    scene.flow = Tensor([1, 2, 8, 8], flow)
    let maker = try UpsamplingSampleMaker(target: .flow, factor: 4, crop: nil)
    let sample = try maker.evaluationSample(of: scene, index: 0)
    // Offset 1 in both directions: positions 9, 13, 41 and 45.
    expectEqual(
      sample.low.elements, [0, 4 / 36, 32 / 36, 1, 0.5, 0.5, 0.5, 0.5], within: 1e-6)
    #expect(sample.normalisation[0].minimum == -11)
    #expect(sample.normalisation[0].maximum == 25)
    #expect(sample.normalisation[1].minimum == 6.5)
    #expect(sample.normalisation[1].maximum == 7.5)
    #expect(sample.normalisation[1].raw(0.5) == 7)
  }

  @Test("a flip mirrors flow without changing its sign")
  func flippedFlow() throws {
    var scene = Self.scene(height: 1, width: 4)
    scene.flow = Tensor([1, 2, 1, 4], [1, 2, 3, 4, -5, -6, -7, -8])
    let maker = try UpsamplingSampleMaker(
      target: .flow, factor: 1, crop: nil, flipProbability: 1)
    let sample = try maker.trainingSample(of: scene, index: 0, seed: 0, epoch: 0)
    #expect(sample.target.elements == [4, 3, 2, 1, -8, -7, -6, -5])
  }

  @Test("top to bottom vertical flow changes its sign")
  func flowUpsideDown() throws {
    var scene = Self.scene(height: 3, width: 1)
    scene.flow = Tensor([1, 2, 3, 1], [1, 2, 3, 4, 5, 6])
    var distortions = Distortions()
    distortions.flipsVertically = true
    let maker = try UpsamplingSampleMaker(
      target: .flow, factor: 1, crop: nil, flipProbability: 0, distortions: distortions)
    let samples = try (0..<60).map {
      try maker.trainingSample(of: scene, index: 0, seed: 0, epoch: $0).target.elements
    }
    #expect(Set(samples) == [[1, 2, 3, 4, 5, 6], [3, 2, 1, -6, -5, -4]])
  }

  @Test("flow turns with the image, and so does what is known")
  func turnedTargets() throws {
    var scene = Self.scene(height: 3, width: 3) { y, x in y == 0 && x == 0 }
    scene.flow = Tensor([1, 2, 3, 3], (0..<18).map { $0 < 9 ? Float($0 + 1) : 0 })
    let quarter = Turning(of: (3, 3), degrees: 90)
    let flow = try RawTarget(.flow, of: scene, missingDepth: 0).turned(quarter)
    expectEqual(
      flow.values, [Float](repeating: 0, count: 9) + [-3, -6, -9, -2, -5, -8, -1, -4, -7],
      within: 1e-5)
    let depth = try RawTarget(.depth, of: scene, missingDepth: 0).turned(quarter)
    #expect(depth.values == [3, 1003, 2003, 2, 1002, 2002, 0, 1001, 2001])
    #expect(depth.valid == [true, true, true, true, true, true, false, true, true])
  }

  @Test("scaled flow has scaled vectors; what comes from beyond the image does not count")
  func scaledFlow() throws {
    var scene = Self.scene(height: 24, width: 30)
    scene.flow = Tensor(
      [1, 2, 24, 30], (0..<1440).map { $0 < 720 ? 4 : 2 })
    let maker = try UpsamplingSampleMaker(
      target: .flow, factor: 4, crop: 16, scaleJitter: 2, colorJitter: 0.3)
    var lengths: [Float] = []
    for epoch in 0..<60 {
      let sample = try maker.trainingSample(of: scene, index: 0, seed: 3, epoch: epoch)
      #expect(sample.target.shape == [1, 2, 16, 16] && sample.guide.shape == [1, 3, 16, 16])
      let (values, valid) = (sample.target.elements, sample.valid.elements)
      for pixel in 0..<256 where valid[pixel] == 1 {
        #expect(abs(values[pixel] - 2 * values[256 + pixel]) < 1e-5)
        #expect((1.99...8.01).contains(values[pixel]))
      }
      #expect(sample.validCount > 0)
      lengths.append(values[valid.firstIndex(of: 1) ?? 0])
      let again = try maker.trainingSample(of: scene, index: 0, seed: 3, epoch: epoch)
      #expect(again.guide.elements == sample.guide.elements)
    }
    #expect(lengths.contains { $0 < 3 } && lengths.contains { $0 > 6 })
  }

  @Test("missing pixels and the border do not count; missing ones are filled before sampling")
  func missing() throws {
    // With factor 4 the pixels (1, 1), (1, 5), (5, 1), (5, 5) are sampled; (5, 5) is missing.
    let scene = Self.scene(height: 8, width: 8) { y, x in y == 5 && x >= 4 }
    let maker = try UpsamplingSampleMaker(factor: 4, crop: nil, border: 1)
    let sample = try maker.evaluationSample(of: scene, index: 0)
    let raw = sample.low.elements.map(sample.normalisation[0].raw)
    // Rows 4 and 6 are equally near to (5, 5).
    #expect(raw[3] == 4006 || raw[3] == 6006)
    let valid = sample.valid.elements
    for i in 0..<64 {
      let (y, x) = (i / 8, i % 8)
      let inside = (1...6).contains(y) && (1...6).contains(x)
      #expect(valid[i] == (inside && !(y == 5 && x >= 4) ? 1 : 0))
    }
    #expect(sample.validCount == 33)
    #expect(sample.target.elements[5 * 8 + 5] == 0)

    let everything = try UpsamplingSampleMaker(factor: 4, crop: nil, missingDepth: nil)
    #expect(try everything.evaluationSample(of: scene, index: 0).validCount == 64)
  }

  @Test("unknown flow does not count")
  func unknownFlow() throws {
    var scene = Self.scene(height: 1, width: 4)
    // Each component counts by itself: a vector longer than 10⁷ may be known.
    scene.flow = Tensor([1, 2, 1, 4], [1, 1.1e7, 5, 0.8e7, 0, 0, -1.1e7, 0.8e7])
    let maker = try UpsamplingSampleMaker(target: .flow, factor: 1, crop: nil)
    let sample = try maker.evaluationSample(of: scene, index: 0)
    #expect(sample.valid.elements == [1, 0, 0, 1])
    #expect(sample.normalisation[0].maximum == 0.8e7)
    #expect(sample.normalisation[0].minimum == 1)
  }

  @Test("a crop without a countable pixel is drawn again")
  func redraw() throws {
    // Crops that contain the only valid column make up 8 of 33, so 17 attempts fail in 1 % of
    // cases.
    let scene = Self.scene(height: 8, width: 40) { _, x in x != 20 }
    let maker = try UpsamplingSampleMaker(factor: 4, crop: 8)
    let counts = try (0..<200).map {
      try maker.trainingSample(of: scene, index: 0, seed: 4, epoch: $0).validCount
    }
    #expect(counts.count { $0 == 8 } > 190)
    #expect(counts.allSatisfy { $0 == 8 || $0 == 0 })

    let nothing = Self.scene(height: 8, width: 40) { _, _ in true }
    let sample = try maker.trainingSample(of: nothing, index: 0, seed: 4, epoch: 0)
    #expect(sample.validCount == 0)
    #expect(sample.low.elements == [0.5, 0.5, 0.5, 0.5])
  }

  @Test("where the factor does not divide the size, the guide grows and the target does not")
  func indivisible() throws {
    let maker = try UpsamplingSampleMaker(factor: 8, crop: nil)
    let sample = try maker.evaluationSample(of: Self.scene(height: 11, width: 17), index: 0)
    #expect(sample.low.shape == [1, 1, 2, 3])
    #expect(sample.guide.shape == [1, 3, 16, 24])
    #expect(sample.target.shape == [1, 1, 11, 17])
  }

  @Test("what cannot be used is refused in one line that names the sample")
  func sampleErrors() throws {
    let maker = try UpsamplingSampleMaker(factor: 8, crop: 64)
    func training(_ scene: SceneSample) throws {
      _ = try maker.trainingSample(of: scene, index: 0, seed: 0, epoch: 0)
    }
    #expect(
      throws: DataError(
        "sample scene_0007: its 100×60 pixels (rows × columns) are fewer than crop 64 asks for; "
          + "set crop to at most 56")
    ) { try training(Self.scene(height: 100, width: 60)) }

    var scene = Self.scene(height: 64, width: 64)
    var depth = scene.depth?.elements ?? []
    depth[64 * 3 + 5] = -.infinity
    scene.depth = Tensor([1, 1, 64, 64], depth)
    #expect(
      throws: DataError(
        "sample scene_0007: depth is -inf at row 3, column 5; repair it or remove the sample "
          + "from the dataset")
    ) { try training(scene) }

    scene.depth = Tensor.zeros([1, 1, 64, 63])
    #expect(
      throws: DataError(
        "sample scene_0007: image [3, 64, 64] and depth [1, 1, 64, 63] do not match; "
          + "expected [3, H, W] and [1, 1, H, W]")
    ) { try training(scene) }

    scene.depth = nil
    #expect(
      throws: DataError("sample scene_0007: no depth; choose a dataset that has it")
    ) { try training(scene) }

    let wide = try UpsamplingSampleMaker(factor: 2, crop: nil, border: 6)
    #expect(
      throws: DataError(
        "sample scene_0007: a border of 6 leaves nothing of its 12×40 pixels; decrease border")
    ) { _ = try wide.evaluationSample(of: Self.scene(height: 12, width: 40), index: 0) }
  }

  @Test("settings that contradict each other are refused")
  func settings() {
    #expect(
      throws: DataError("crop: 100 is not a positive multiple of factor 8; choose 104")
    ) { _ = try UpsamplingSampleMaker(factor: 8, crop: 100) }
    #expect(
      throws: DataError("crop: 8 leaves nothing inside a border of 4; increase it")
    ) { _ = try UpsamplingSampleMaker(factor: 8, crop: 8, border: 4) }
    #expect(throws: DataError("factor: 0 is not a positive integer")) {
      _ = try UpsamplingSampleMaker(factor: 0, crop: nil)
    }
    #expect(throws: DataError("border: -1 is negative")) {
      _ = try UpsamplingSampleMaker(factor: 8, crop: nil, border: -1)
    }
  }
}
