import Foundation
import PACAutograd
import PACLayers
import PACTensors
import Testing

/// The values and gradients are those of PyTorch 2.13 in double precision, from the equations in
/// the documentation, differentiated by `backward`.
@Suite struct AbsoluteErrorTests {
  private static let shape: Shape = [1, 1, 3, 4]
  /// ((5 i + i²) mod 17) / 8 − 1.
  private static let prediction = Tensor(
    shape,
    (0..<12).map { (i: Int) -> Float in
      let number = (i * 5 + i * i) % 17
      return Float(number) / 8 - 1
    })
  /// ((3 i) mod 7) / 4.
  private static let target = Tensor(
    shape, (0..<12).map { (i: Int) -> Float in Float(i * 3 % 7) / 4 })
  private static let valid = Tensor(shape, [1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1])

  private func expect(
    _ loss: (Variable) -> Variable, _ value: Double, _ gradient: [Double],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let tape = Tape()
    let x = Variable(Self.prediction, tape: tape, needsGradient: true)
    let result = loss(x)
    expectEqual(result.value, [value], 1e-6, sourceLocation: sourceLocation)
    tape.backward(from: result, gradient: Tensor(scalar: -1.75))
    let ours = try #require(x.gradient, sourceLocation: sourceLocation)
    expectEqual(ours, gradient.map { -1.75 * $0 }, 1e-6, sourceLocation: sourceLocation)
  }

  @Test func absoluteError() throws {
    try expect(
      { meanAbsoluteError($0, Self.target, valid: Self.valid) }, 1.1375,
      [
        -0.1, -0.1, -0.1, 0.0, -0.1, 0.1, 0.0, 0.1, -0.1, -0.1, 0.1, -0.1,
      ])
  }

  @Test func charbonnier() throws {
    try expect(
      { meanAbsoluteError($0, Self.target, valid: Self.valid, epsilon: 0.25) }, 1.1728085446860192,
      [
        -0.0970143, -0.0970143, -0.0948683, 0.0, -0.0992278, 0.0948683, 0.0, 0.0970143,
        -0.0986394, -0.0988372, 0.0707107, -0.0986394,
      ])
  }

  @Test func gradientsOfTheError() throws {
    try expect(
      { gradientError($0, Self.target, valid: Self.valid) }, 2.75,
      [
        0.2, -0.3666667, 0.1666667, 0.0, -0.5666667, 0.5666667, 0.0, 0.2, 0.3666667, -0.5333333,
        0.3333333, -0.3666667,
      ])
  }

  @Test func withoutValidPixelsAllAreZero() {
    let (x, nothing) = (Variable(Self.prediction), Tensor.zeros(Self.shape))
    #expect(meanAbsoluteError(x, Self.target, valid: nothing, epsilon: 0.1).value.scalar == 0)
    #expect(gradientError(x, Self.target, valid: nothing).value.scalar == 0)
  }

  /// Two images of two channels, all pixels or some, and upstream numbers at random.
  @Test(arguments: [true, false])
  func gradientsOfBatches(isMasked: Bool) throws {
    let shape: Shape = [2, 2, 3, 4]
    var random = CounterRandom(seed: 21, purpose: .initialisation)
    let x = Tensor.uniform(shape, within: 1, using: &random)
    let target = Tensor.uniform(shape, within: 1, using: &random)
    let mask = (0..<24).map { !isMasked || $0 % 5 != 3 }
    let valid = isMasked ? Tensor([2, 1, 3, 4], mask.map { $0 ? 1 : 0 }) : nil
    func errors(_ values: [Double]) -> [Double] {
      zip(values, target.elements).map { $0 - Double($1) }
    }
    func counts(_ element: Int) -> Bool { mask[element / 24 * 12 + element % 12] }
    try expectAgreement([x], seed: 22) {
      meanAbsoluteError($0[0], target, valid: valid, epsilon: 0.05)
    } reference: { values in
      let all = errors(values[0])
      let roots = all.indices.filter(counts).map { (i: Int) -> Double in
        (all[i] * all[i] + 0.0025).squareRoot()
      }
      return [roots.reduce(0, +) / Double(roots.count)]
    }
    try expectAgreement([x], seed: 23) {
      gradientError($0[0], target, valid: valid)
    } reference: { values in
      let d = errors(values[0])
      func mean(_ step: Int, _ hasNext: (Int) -> Bool) -> Double {
        let pairs = d.indices.filter { hasNext($0) && counts($0) && counts($0 + step) }
        let sizes = pairs.map { (i: Int) -> Double in abs(d[i + step] - d[i]) }
        return sizes.reduce(0, +) / Double(sizes.count)
      }
      return [mean(1) { $0 % 4 < 3 } + mean(4) { $0 % 12 < 8 }]
    }
  }
}
