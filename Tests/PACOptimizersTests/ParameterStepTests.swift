import PACAutograd
import PACOptimizers
import PACTensors
import Testing

@Suite struct ParameterStepTests {
  /// One step of a network's parameters is one step of the flat vector, and gradients are then
  /// reset.
  @Test func stepsAParameterSet() {
    let (a, b) = (Parameter(Tensor([2], [1, 2])), Parameter(Tensor([1], [3])))
    let parameters = ParameterSet([("a", a), ("b", b)])
    let gradients = Tensor([3], [0.5, -1, 2])
    var flat = parameters.values
    var (own, expected) = (Adam(count: 3), Adam(count: 3))
    for _ in 0..<2 {
      for (parameter, start) in [(a, 0), (b, 2)] {
        let tape = Tape()
        tape.backward(
          from: parameter.variable(on: tape),
          gradient: gradients.slice(from: start, parameter.shape))
      }
      own.step(parameters, learningRate: 0.1)
      expected.step(parameters: &flat, gradients: gradients, learningRate: 0.1)
      #expect(parameters.values.elements == flat.elements)
      #expect(a.gradient.elements == [0, 0])
    }
  }
}
