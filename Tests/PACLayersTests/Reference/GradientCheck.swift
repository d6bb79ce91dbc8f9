import PACAutograd
import PACTensors
import Testing

/// Compares an operation with a reference in double precision: the whole output, and the gradients
/// along random directions, under a random upstream gradient, with central differences of the
/// reference.
///
/// `ours` is given `inputs` and may use `parameters` besides, whose values `reference` is given
/// after the inputs'.
func expectAgreement(
  _ inputs: [Tensor], parameters: [Parameter] = [], seed: UInt64, tolerance: Double = 1e-5,
  ours: ([Variable]) throws -> Variable, reference: ([[Double]]) -> [Double],
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  var random = CounterRandom(seed: seed, purpose: .initialisation, item: 77)
  let tape = Tape()
  let leaves = inputs.map { Variable($0, tape: tape, needsGradient: true) }
  let output = try ours(leaves)
  let values = (inputs + parameters.map(\.value)).map { $0.elements.map(Double.init) }
  expectEqual(output.value, reference(values), tolerance, sourceLocation: sourceLocation)

  let upstream = randomNumbers(output.value.count, &random)
  tape.backward(from: output, gradient: Tensor(output.value.shape, upstream.map(Float.init)))
  let gradients = leaves.map(\.gradient) + parameters.map(\.gradient)
  for number in values.indices {
    let gradient = try #require(gradients[number], sourceLocation: sourceLocation)
      .elements.map(Double.init)
    for _ in 0..<2 {
      let direction = randomNumbers(gradient.count, &random)
      func loss(_ step: Double) -> Double {
        var moved = values
        for i in direction.indices { moved[number][i] += step * direction[i] }
        return zip(reference(moved), upstream).reduce(0) { $0 + $1.0 * $1.1 }
      }
      let expected = (loss(1e-5) - loss(-1e-5)) / 2e-5
      let ours = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
      let scale = zip(gradient, direction).reduce(0) { $0 + abs($1.0 * $1.1) }
      #expect(
        abs(ours - expected) <= tolerance * max(scale, 1),
        "gradient of input \(number): \(ours), expected \(expected), seed \(seed)",
        sourceLocation: sourceLocation)
    }
  }
}

/// Compares a whole tensor, relative to the largest number expected.
func expectEqual(
  _ ours: Tensor, _ expected: [Double], _ tolerance: Double,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(ours.count == expected.count, sourceLocation: sourceLocation)
  let scale = max(expected.lazy.map(abs).max() ?? 0, 0.1)
  let worst = zip(ours.elements, expected).map { abs(Double($0) - $1) }.max() ?? 0
  #expect(worst <= tolerance * scale, sourceLocation: sourceLocation)
}

/// Numbers in −scale ..< scale that single precision holds exactly.
func randomNumbers(
  _ count: Int, _ random: inout CounterRandom, scale: Double = 1
) -> [Double] {
  (0..<count).map { _ in Double(Float(random.uniform(-scale..<scale))) }
}

/// A leaf without gradient.
func constant(_ shape: Shape, _ values: [Double]) -> Variable {
  Variable(Tensor(shape, values.map(Float.init)))
}

/// Distinct numbers in random order: no window has two largest ones, and no step of a difference
/// quotient reorders them.
func distinct(_ shape: Shape, _ seed: UInt64) -> Tensor {
  var random = CounterRandom(seed: seed, purpose: .initialisation)
  var numbers = (0..<shape.count).map { Float($0) / 16 - 2 }
  random.shuffle(&numbers)
  return Tensor(shape, numbers)
}
