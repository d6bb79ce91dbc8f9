import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

@Suite struct RangeMapTests {
  /// Each image by its own extremes, whichever channel they lie in.
  @Test(arguments: [Shape([1, 1, 1, 2]), [2, 1, 3, 5], [3, 2, 4, 4], [1, 1, 130, 140]])
  func valuesAndGradients(_ shape: Shape) throws {
    let input = distinct(shape, 51)
    try expectAgreement([input], seed: 52) {
      $0[0].mappedToUnitRange()
    } reference: { x in
      let count = shape.count / shape.batch
      return (0..<shape.batch).flatMap { image in
        let values = x[0][image * count..<(image + 1) * count]
        let (least, most) = (values.min() ?? 0, values.max() ?? 0)
        return values.map { ($0 - least) / (most - least) }
      }
    }
  }

  @Test func equalValuesBecomeZero() {
    let tape = Tape()
    let input = Variable(
      Tensor([2, 1, 1, 3], [0.7, 0.7, 0.7, 4, 4, 8]), tape: tape, needsGradient: true)
    let output = input.mappedToUnitRange()
    #expect(output.value.elements == [0, 0, 0, 0, 0, 1])
    // The second value of 4 is not the one that the minimum is taken from.
    tape.backward(from: output, gradient: Tensor([2, 1, 1, 3], [1, 2, 3, 4, 5, 6]))
    #expect(input.gradient?.elements == [0, 0, 0, -1.25, 1.25, 0])
  }
}
