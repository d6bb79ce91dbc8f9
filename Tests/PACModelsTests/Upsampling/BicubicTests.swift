import PACAutograd
import PACTensors
import Testing

@testable import PACModels

@Suite struct BicubicTests {
  private func upsampled(_ low: Tensor, _ factor: Int) throws -> Tensor {
    let shape = low.shape
    let guide = Tensor.zeros([shape.batch, 3, shape.height * factor, shape.width * factor])
    let network = try UpsamplerName("Bicubic").make(factor: factor, seed: 0)
    return try network(Variable(low), guide: Variable(guide)).value
  }

  /// With a = −1/2 polynomials of the second degree are interpolated as they are, away from the
  /// border.
  @Test(arguments: [1, 2, 3, 4, 8])
  func reproducesQuadraticPolynomials(_ factor: Int) throws {
    func value(_ y: Double, _ x: Double) -> Float {
      Float(0.3 + 0.2 * x - 0.1 * y + 0.05 * x * y - 0.03 * x * x + 0.02 * y * y)
    }
    let low = Tensor([1, 1, 7, 9], (0..<63).map { value(Double($0 / 9), Double($0 % 9)) })
    let map = try upsampled(low, factor)
    #expect(map.shape == [1, 1, 7 * factor, 9 * factor])
    func position(_ i: Int) -> Double { (Double(i) + 0.5) / Double(factor) - 0.5 }
    for y in 2 * factor..<5 * factor {
      for x in 2 * factor..<7 * factor {
        let expected = value(position(y), position(x))
        #expect(abs(map.elements[y * 9 * factor + x] - expected) < 1e-5)
      }
    }
  }

  /// At factor 2 the two positions are a quarter of a pixel off, and Keys' weights are multiples of
  /// 1/128.
  @Test func continuesWithTheLastPixelBeyondTheBorder() throws {
    let map = try upsampled(Tensor([1, 1, 1, 2], [0, 128]), 2).elements
    let row = [-9, 26, 102, 137] as [Float]
    #expect(map == row + row)
  }

  @Test func mapsAreApart() throws {
    var random = CounterRandom(seed: 4, purpose: .synthetic)
    let low = Tensor.uniform([2, 2, 3, 4], within: 1, using: &random)
    let together = try upsampled(low, 3).elements
    for map in 0..<4 {
      let alone = try upsampled(
        Tensor([1, 1, 3, 4], Array(low.elements[map * 12..<map * 12 + 12])), 3)
      #expect(alone.elements == Array(together[map * 108..<map * 108 + 108]))
    }
    #expect(
      try upsampled(Tensor(repeating: 0.7, [1, 1, 2, 2]), 4).elements.allSatisfy {
        abs($0 - 0.7) < 1e-6
      })
  }
}
