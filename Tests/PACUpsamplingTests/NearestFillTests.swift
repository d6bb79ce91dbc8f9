import PACData
import PACTensors
import Testing

@testable import PACUpsampling

@Suite("Filling from the nearest valid pixel")
struct NearestFillTests {
  @Test("as near as a search over all pixels finds, on random masks", arguments: 0..<60)
  func bruteForce(seed: Int) throws {
    var random = CounterRandom(seed: UInt64(seed), purpose: .synthetic)
    let (height, width) = (1 + random.integer(below: 20), 1 + random.integer(below: 20))
    let density = [0.01, 0.1, 0.5, 0.95][seed % 4]
    var valid = (0..<height * width).map { _ in random.uniform(0..<1) < density }
    valid[random.integer(below: valid.count)] = true

    let found = try #require(nearestValidPositions(valid: valid, height: height, width: width))
    func distance(_ a: Int, _ b: Int) -> Int {
      let (dy, dx) = (a / width - b / width, a % width - b % width)
      return dy * dy + dx * dx
    }
    for pixel in valid.indices {
      let best = valid.indices.lazy.filter { valid[$0] }.map { distance(pixel, $0) }.min()
      #expect(valid[found[pixel]], "seed \(seed), pixel \(pixel)")
      #expect(distance(pixel, found[pixel]) == best, "seed \(seed), pixel \(pixel)")
    }
  }

  @Test("valid pixels keep their values, missing ones get those of the nearest")
  func values() {
    let filled = filledFromNearest(
      [5, 0, 0, 0, 7, 0, 0, 0, 0, 9], valid: [5, 0, 0, 0, 7, 0, 0, 0, 0, 9].map { $0 != 0 },
      height: 2, width: 5)
    #expect(filled == [5, 5, 5, 7, 7, 5, 5, 9, 9, 9])
  }

  @Test("nothing is known: zeros")
  func allMissing() {
    #expect(
      filledFromNearest([4, 4], valid: [false, false], height: 1, width: 2) == [0, 0])
  }
}
