import PACAutograd
import PACLayers
import PACTensors
import Testing

@Suite struct LossTests {
  private static let shape: Shape = [2, 2, 3, 4]

  /// Known truth but for three pixels: one component of the first image, both of one and one more
  /// of the second.
  private static let target: Tensor = {
    var elements = uniform(shape, 2).elements
    for position in [3, 24 + 5, 36 + 5, 36 + 7] {
      elements[position] = position % 2 == 0 ? 2e7 : -1e10
    }
    return Tensor(shape, elements)
  }()

  /// Leaves out the unknown pixels and the first row of each image.
  private static let valid = Tensor(
    [2, 1, 3, 4], (0..<24).map { $0 % 12 < 4 || [5, 7].contains($0 - 12) ? 0 : 1 })

  /// The lengths of the differences where pixels count, as sums over each image, and how many
  /// count.
  private func reference(
    _ prediction: [Double], counts: (_ image: Int, _ pixel: Int) -> Bool,
    _ add: (_ dx: Double, _ dy: Double) -> Double
  ) -> [(sum: Double, pixels: Int)] {
    let target = Self.target.elements.map(Double.init)
    return (0..<2).map { image in
      let pixels = (0..<12).filter { counts(image, $0) }
      let sum = pixels.reduce(0.0) { sum, pixel in
        let (x, y) = (image * 24 + pixel, image * 24 + 12 + pixel)
        return sum + add(prediction[x] - target[x], prediction[y] - target[y])
      }
      return (sum, pixels.count)
    }
  }

  private func isValid(_ image: Int, _ pixel: Int) -> Bool {
    Self.valid.elements[image * 12 + pixel] == 1
  }

  @Test func unknownPixelsCountAsZeroAsPublished() throws {
    try expectAgreement([uniform(Self.shape, 1)], seed: 3) {
      endPointError($0[0], Self.target)
    } reference: { values in
      let unknown = [[3], [5, 7]]
      let sums = reference(values[0], counts: { !unknown[$0].contains($1) }) {
        ($0 * $0 + $1 * $1).squareRoot()
      }
      return [sums.reduce(0) { $0 + $1.sum } / 24]
    }
  }

  @Test func endPointErrorOverThePixelsThatCount() throws {
    try expectAgreement([uniform(Self.shape, 1)], seed: 4) {
      endPointError($0[0], Self.target, valid: Self.valid)
    } reference: { values in
      let sums = reference(values[0], counts: isValid) { ($0 * $0 + $1 * $1).squareRoot() }
      return [sums.reduce(0) { $0 + $1.sum } / Double(sums.reduce(0) { $0 + $1.pixels })]
    }
    let nothing = endPointError(
      Variable(uniform(Self.shape, 1)), Self.target, valid: Tensor.zeros([2, 1, 3, 4]))
    #expect(nothing.value.scalar == 0)
  }

  @Test func rootOfSquaresOverThePixelsThatCount() throws {
    try expectAgreement([uniform(Self.shape, 1)], seed: 5) {
      rootMeanSquaredError($0[0], Self.target, valid: Self.valid)
    } reference: { values in
      let sums = reference(values[0], counts: isValid) { $0 * $0 + $1 * $1 }
      return [sums.reduce(0) { $0 + ($1.sum / Double($1.pixels)).squareRoot() } / 2]
    }
  }
}

private func uniform(_ shape: Shape, _ seed: UInt64) -> Tensor {
  var random = CounterRandom(seed: seed, purpose: .initialisation)
  return .uniform(shape, within: 1, using: &random)
}
