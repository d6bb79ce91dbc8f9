import PACAutograd
import PACTensors
import Testing

/// Compares the gradients of a network's loss with differences of the loss, parameter by parameter
/// along one direction.
/// - Parameters:
///   - parameters: the network's.
///   - loss: makes the loss, on a tape or off it.
/// - Throws: what `loss` throws.
func checkGradients(
  of parameters: [(name: String, parameter: Parameter)], loss: (Tape?) throws -> Variable
) throws {
  let tape = Tape()
  tape.backward(from: try loss(tape))
  for (name, parameter) in parameters {
    let start = parameter.value
    let gradient = parameter.gradient
    // Along the gradient's signs the change of the loss is largest against the rounding of single
    // precision.
    let size = max(start.elements.lazy.map(abs).max() ?? 0, 0.01)
    let slope = gradient.elements.reduce(0.0) { $0 + Double(abs($1)) }
    guard slope > 1e-3 else { continue }
    func moved(_ step: Float) throws -> Double {
      parameter.value = Tensor(
        start.shape,
        zip(start.elements, gradient.elements).map { $0 + ($1 > 0 ? step : $1 < 0 ? -step : 0) })
      defer { parameter.value = start }
      return Double(try loss(nil).value.scalar)
    }
    let step = min(size * 1e-3, Float(0.002 / slope))
    let expected = (try moved(step) - moved(-step)) / Double(2 * step)
    #expect(abs(expected - slope) < 0.05 * slope, "\(name): \(slope), expected \(expected)")
  }
}
