import Foundation
import PACData
import PACTensors
import Testing

@Suite struct AugmentationTests {
  /// Two rows of three pixels.
  private let numbers = [1, 2, 3, 4, 5, 6]

  @Test func turnsCounterclockwise() {
    let quarter = Turning(of: (2, 3), to: (3, 2), degrees: 90)
    #expect(quarter.nearest(numbers, outside: 0) == [3, 6, 2, 5, 1, 4])
    let half = Turning(of: (2, 3), degrees: 180)
    #expect(half.nearest(numbers, outside: 0) == [6, 5, 4, 3, 2, 1])
    let back = Turning(of: (2, 3), to: (3, 2), degrees: -90)
    #expect(back.nearest(numbers, outside: 0) == [4, 1, 5, 2, 6, 3])
    // On the same canvas the ends of a row come from above and below the image.
    #expect(Turning(of: (1, 3), degrees: 90).nearest([1, 2, 3], outside: 0) == [0, 2, 0])
    #expect(
      Turning(of: (1, 3), degrees: 90).bilinear([1, 2, 3], outside: 7) == [7, 2, 7])
  }

  /// To the right becomes upwards, downwards becomes to the right.
  @Test func vectorsTurnLikeTheImage() {
    let turning = Turning(of: (1, 1), degrees: 90, scale: 2)
    let (right, down) = (turning.vector(1, 0), turning.vector(0, 1))
    #expect(abs(right.x) < 1e-6 && abs(right.y + 2) < 1e-6, "\(right)")
    #expect(abs(down.x - 2) < 1e-6 && abs(down.y) < 1e-6, "\(down)")
    let slanted = Turning(of: (1, 1), degrees: 30).vector(1, 0)
    #expect(abs(slanted.x - 0.8660254) < 1e-6 && abs(slanted.y + 0.5) < 1e-6, "\(slanted)")
  }

  @Test func scalesAtHalfPixelCentres() {
    let nearest = Turning(of: (2, 2), to: (4, 4), degrees: 0, scale: 2)
    #expect(
      nearest.nearest([1, 2, 3, 4], outside: 0)
        == [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4])
    let row = Turning(of: (1, 2), to: (1, 4), degrees: 0, scale: 2)
    #expect(row.bilinear([0, 8]) == [0, 2, 6, 8])
  }

  @Test func windowsAreMirroredTopToBottom() {
    var window = CropWindow(top: 0, left: 1, height: 2, width: 2, isFlipped: false)
    window.isUpsideDown = true
    #expect(window.cut(numbers, width: 3) == [5, 6, 2, 3])
    window.isFlipped = true
    #expect(window.cut(numbers, width: 3) == [6, 5, 3, 2])
  }

  /// The kernel is exp(−k² / 2) for k from −3 to 3, divided by its sum.
  @Test func blursEachColour() {
    var values = [Float](repeating: 0, count: 27)
    values[4] = 1000
    for i in 18..<27 { values[i] = 50 }
    var planes = ColorPlanes(height: 1, width: 9, values: values)
    planes.blur(sigma: 1)
    let expected: [Float] = [
      0, 4.433048, 54.00558, 242.03623, 399.05027, 242.03623, 54.00558, 4.433048, 0,
    ]
    for (ours, wanted) in zip(planes.plane(0), expected) { #expect(abs(ours - wanted) < 1e-3) }
    #expect(planes.plane(1).allSatisfy { $0 == 0 })
    #expect(planes.plane(2).allSatisfy { abs($0 - 50) < 1e-3 })
    // Along a column too.
    var column = ColorPlanes(height: 9, width: 1, values: values)
    column.blur(sigma: 1)
    #expect(zip(column.values, planes.values).allSatisfy { abs($0 - $1) < 1e-3 })
  }

  @Test func drawsDependOnTheSampleAlone() {
    var distortions = Distortions()
    distortions.rotation = 30
    func draw(_ item: Int, _ distortions: Distortions) -> Distortions.Draw {
      var random = CounterRandom(seed: 4, purpose: .distortion, epoch: 1, item: item)
      return distortions.draw(using: &random)
    }
    let draws = (0..<200).map { draw($0, distortions) }
    #expect(draws.allSatisfy { (-30...30).contains($0.degrees) && $0.sigma == 0 })
    #expect(draws.allSatisfy { !$0.isUpsideDown })
    #expect(draws.contains { $0.degrees < -20 } && draws.contains { $0.degrees > 20 })
    // Another setting changes no angle.
    distortions.blur = 2
    distortions.flipsVertically = true
    let others = (0..<200).map { draw($0, distortions) }
    #expect(zip(draws, others).allSatisfy { $0.degrees == $1.degrees })
    #expect(others.allSatisfy { (0..<2).contains($0.sigma) })
    #expect((70...130).contains(others.count { $0.isUpsideDown }))
  }
}
