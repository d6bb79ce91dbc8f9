import PACData
import PACTestSupport
import Testing

@testable import PACSegmentation

@Suite struct SegmentationSampleMakerTests {
  static let means: [Float] = [104.008, 116.669, 122.675]

  /// Each pixel's red, green and blue say where it is.
  private func scene(_ height: Int = 4, _ width: Int = 5, labels: Bool = true) -> SceneSample {
    var bytes: [UInt8] = []
    for channel in 0..<3 {
      for y in 0..<height {
        for x in 0..<width { bytes.append(UInt8(channel == 0 ? y : channel == 1 ? x : 200)) }
      }
    }
    let numbers = (0..<height * width).map { UInt8($0 % 3) }
    return SceneSample(
      name: "a", image: ByteImage(channels: 3, height: height, width: width, bytes: bytes),
      labels: labels
        ? ByteImage(channels: 1, height: height, width: width, bytes: numbers) : nil)
  }

  private func color(_ sample: SegmentationSample, _ channel: Int, _ pixel: Int) -> Float {
    sample.image.elements[channel * sample.height * sample.width + pixel]
  }

  @Test func smallImagesAreFilledUp() throws {
    let maker = try SegmentationSampleMaker(
      classes: 3, crop: 7, flipProbability: 0, means: Self.means)
    let sample = try maker.trainingSample(of: scene(), index: 3, seed: 1, epoch: 2)
    #expect(sample.image.shape == [1, 3, 7, 7])
    #expect(sample.name == "a" && sample.index == 3)
    for y in 0..<7 {
      for x in 0..<7 {
        let pixel = y * 7 + x
        let isInside = y < 4 && x < 5
        #expect(sample.labels[pixel] == (isInside ? UInt8((y * 5 + x) % 3) : 255))
        // Blue, green, red.
        let expected = isInside ? [200, Float(x), Float(y)] : Self.means
        for channel in 0..<3 {
          #expect(
            abs(color(sample, channel, pixel) - expected[channel] + Self.means[channel]) < 1e-4)
        }
      }
    }
  }

  @Test func cropsLieEverywhereAndAreMirrored() throws {
    let maker = try SegmentationSampleMaker(
      classes: 3, crop: 3, flipProbability: 0.5, means: Self.means)
    var corners: Set<[Int]> = []
    var mirrored = 0
    for epoch in 0..<400 {
      let sample = try maker.trainingSample(of: scene(), index: 0, seed: 5, epoch: epoch)
      let again = try maker.trainingSample(of: scene(), index: 0, seed: 5, epoch: epoch)
      #expect(sample.image.elements == again.image.elements && sample.labels == again.labels)
      let columns = (0..<3).map { Int((color(sample, 1, $0) + Self.means[1]).rounded()) }
      let isMirrored = columns[0] > columns[2]
      mirrored += isMirrored ? 1 : 0
      let (top, left) = (
        Int((color(sample, 2, 0) + Self.means[2]).rounded()), columns[isMirrored ? 2 : 0]
      )
      #expect(columns == (isMirrored ? [left + 2, left + 1, left] : [left, left + 1, left + 2]))
      for pixel in 0..<9 {
        let source = (top + pixel / 3) * 5 + columns[pixel % 3]
        #expect(sample.labels[pixel] == UInt8(source % 3))
      }
      corners.insert([top, left])
    }
    #expect(corners.count == 2 * 3)
    #expect((150...250).contains(mirrored))
  }

  @Test func scalesAndColoursVary() throws {
    let flat = SceneSample(
      name: "flat",
      image: ByteImage(
        channels: 3, height: 20, width: 20, bytes: [UInt8](repeating: 90, count: 1200)),
      labels: ByteImage(
        channels: 1, height: 20, width: 20, bytes: [UInt8](repeating: 2, count: 400)))
    let scaling = try SegmentationSampleMaker(
      classes: 3, crop: 60, flipProbability: 0, scaleJitter: 2, means: Self.means)
    var sides: Set<Int> = []
    for epoch in 0..<60 {
      let sample = try scaling.trainingSample(of: flat, index: 0, seed: 2, epoch: epoch)
      let side = Int(Double(sample.labels.count { $0 == 2 }).squareRoot())
      #expect(sample.labels.count { $0 == 2 } == side * side && (10...40).contains(side))
      #expect(abs(color(sample, 1, 0) - (90 - Self.means[1])) < 1e-3)
      sides.insert(side)
    }
    #expect(sides.count > 10)
    #expect(sides.contains { $0 < 14 } && sides.contains { $0 > 32 })

    let colouring = try SegmentationSampleMaker(
      classes: 3, crop: 5, flipProbability: 0, colorJitter: 0.4, means: Self.means)
    let samples = try (0..<20).map {
      try colouring.trainingSample(of: scene(5, 5), index: 0, seed: 2, epoch: $0)
    }
    // Some are held at 255.
    #expect(Set(samples.map { color($0, 0, 3) }).count > 9)
    for sample in samples {
      #expect(sample.labels == samples[0].labels)
      for channel in 0..<3 {
        for pixel in 0..<25 {
          #expect((0...255.001).contains(color(sample, channel, pixel) + Self.means[channel]))
        }
      }
    }
  }

  /// Each pixel's colours say where it comes from; there lies its label too.
  @Test func labelsTurnWithTheColours() throws {
    var distortions = Distortions()
    distortions.rotation = 40
    let maker = try SegmentationSampleMaker(
      classes: 3, crop: 9, flipProbability: 0.5, distortions: distortions, means: Self.means)
    var (compared, outside) = (0, 0)
    for epoch in 0..<40 {
      let sample = try maker.trainingSample(of: scene(9, 9), index: 0, seed: 6, epoch: epoch)
      outside += sample.labels.count { $0 == 255 }
      for pixel in 0..<81 {
        let place = [2, 1].map { Double(color(sample, $0, pixel) + Self.means[$0]) }
        if sample.labels[pixel] == 255 {
          #expect((0..<3).allSatisfy { color(sample, $0, pixel) == 0 })
          continue
        }
        // Where two pixels are equally near, rounding decides.
        guard place.allSatisfy({ abs($0 - $0.rounded(.down) - 0.5) > 1e-3 }) else { continue }
        let (row, column) = (Int(place[0].rounded()), Int(place[1].rounded()))
        #expect(sample.labels[pixel] == UInt8((row * 9 + column) % 3))
        compared += 1
      }
    }
    #expect(compared > 2000 && outside > 100, "corners come from beyond the image")
  }

  @Test func halfOfTheCropsStandOnTheirHead() throws {
    var distortions = Distortions()
    distortions.flipsVertically = true
    let maker = try SegmentationSampleMaker(
      classes: 3, crop: 4, flipProbability: 0, distortions: distortions, means: Self.means)
    var count = 0
    for epoch in 0..<200 {
      let sample = try maker.trainingSample(of: scene(4, 4), index: 0, seed: 7, epoch: epoch)
      let rows = (0..<4).map { Int((color(sample, 2, 4 * $0) + Self.means[2]).rounded()) }
      #expect(rows == [0, 1, 2, 3] || rows == [3, 2, 1, 0])
      for pixel in 0..<16 {
        #expect(sample.labels[pixel] == UInt8((rows[pixel / 4] * 4 + pixel % 4) % 3))
      }
      count += rows[0] == 3 ? 1 : 0
    }
    #expect((70...130).contains(count))
  }

  @Test func evaluationTakesTheWholeImage() throws {
    for testCrop in [nil, 5, 9] {
      let whole = try SegmentationSampleMaker(
        classes: 3, crop: 3, testCrop: testCrop, means: Self.means
      ).evaluationSample(of: scene(), index: 0)
      #expect(whole.image.shape == [1, 3, 4, 5])
      #expect(whole.labels == (0..<20).map { UInt8($0 % 3) })
    }
    let unlabelled = try SegmentationSampleMaker(classes: 3, crop: 3, means: Self.means)
      .evaluationSample(of: scene(labels: false), index: 0)
    #expect(unlabelled.labels.isEmpty)
  }

  @Test func faults() throws {
    let maker = try SegmentationSampleMaker(classes: 2, crop: 3, means: Self.means)
    #expect(
      message { try maker.trainingSample(of: scene(), index: 0, seed: 0, epoch: 0) }
        == "sample a: label 2 is not one of the 2 classes; prepare the dataset again")
    #expect(
      message { try maker.trainingSample(of: scene(labels: false), index: 0, seed: 0, epoch: 0) }
        == "sample a: has no labels; train on a split with labels")
    #expect(throws: DataError.self) {
      try SegmentationSampleMaker(classes: 2, crop: 0, means: Self.means)
    }
    #expect(throws: DataError.self) {
      try SegmentationSampleMaker(classes: 2, crop: 1, scaleJitter: 0.5, means: Self.means)
    }
  }

  @Test func shapesAreTheSameEverywhereAndShowEveryClass() throws {
    var seen: Set<UInt8> = []
    for index in 0..<12 {
      let scene = SyntheticShapes(seed: 3, index: index, width: 60, height: 50).render()
      let again = SyntheticShapes(seed: 3, index: index, width: 60, height: 50).render()
      #expect(scene.image == again.image && scene.labels == again.labels)
      seen.formUnion(scene.labels?.bytes ?? [])
    }
    #expect(seen == Set(0..<UInt8(SyntheticShapes.labelNames.count)))
    let other = SyntheticShapes(seed: 4, index: 0, width: 60, height: 50).render()
    #expect(other.image != SyntheticShapes(seed: 3, index: 0, width: 60, height: 50).render().image)
  }
}
