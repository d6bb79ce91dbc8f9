import PACAutograd
import PACTensors
import Testing

/// Compares gradients through a network with differences of its output, parameter by parameter
/// along one direction, for an upstream gradient of random numbers.
/// - Parameters:
///   - parameters: the network's.
///   - seed: draws the upstream gradient.
///   - output: computes the network's output, or a loss, on a tape or off it.
/// - Throws: what `output` throws.
func checkGradients(
  of parameters: [(name: String, parameter: Parameter)], seed: UInt64 = 1,
  output: (Tape?) throws -> Variable
) throws {
  let tape = Tape()
  let result = try output(tape)
  let count = result.value.count
  var random = CounterRandom(seed: seed, purpose: .synthetic)
  let upstream = (0..<count).map { _ in
    Float(random.uniform(0.5..<1)) * (random.uniform() < 0.5 ? -1 : 1)
  }
  tape.backward(from: result, gradient: Tensor(result.value.shape, upstream))
  for (name, parameter) in parameters {
    let start = parameter.value
    let gradient = parameter.gradient
    // Along the gradient's signs the change of the output is largest against the rounding of single
    // precision.
    let size = max(start.elements.lazy.map(abs).max() ?? 0, 0.1)
    let slope = gradient.elements.reduce(0.0) { $0 + Double(abs($1)) }
    guard slope > 1e-3 * Double(count) else { continue }
    func moved(_ step: Float) throws -> [Float] {
      parameter.value = Tensor(
        start.shape,
        zip(start.elements, gradient.elements).map { $0 + ($1 > 0 ? step : $1 < 0 ? -step : 0) })
      defer { parameter.value = start }
      return try output(nil).value.elements
    }
    // Small enough that few activations cross 0, large enough beside rounding.
    let step = min(size * 1e-3, Float(1e-4 * Double(count) / slope))
    let (above, below) = (try moved(step), try moved(-step))
    var change = 0.0
    for index in 0..<count {
      change += Double(upstream[index]) * (Double(above[index]) - Double(below[index]))
    }
    let expected = change / Double(2 * step)
    #expect(abs(expected - slope) < 0.05 * slope, "\(name): \(slope), expected \(expected)")
  }
}
