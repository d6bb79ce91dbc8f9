import PACAutograd
import PACTensors
import Synchronization
import Testing

/// How operations are recorded: which gradients are asked for, and where they gather.
@Suite struct OperationTests {
  /// The sinks that the backward pass of an operation with these inputs is given, 1 for one and 0
  /// for none.
  private func sinks(_ x: Variable, _ y: Variable, _ z: Variable?, tape: Tape) -> [Int] {
    let given = Mutex<[Int]>([])
    let result = Variable.result(Tensor(scalar: 0), of: "probe", x, y, z) { _, dx, dy, dz in
      given.withLock { $0 = [dx, dy, dz].map { $0 == nil ? 0 : 1 } }
    }
    if result.needsGradient { tape.backward(from: result) }
    return given.withLock { $0 }
  }

  @Test func asksForNoGradientThatNobodyNeeds() {
    let tape = Tape()
    let wanted = Variable(Tensor(scalar: 1), tape: tape, needsGradient: true)
    let constant = Variable(Tensor(scalar: 1), tape: tape)
    let without = Variable(Tensor(scalar: 1))
    #expect(sinks(wanted, constant, wanted, tape: tape) == [1, 0, 1])
    #expect(sinks(without, wanted, nil, tape: tape) == [0, 1, 0])
    #expect(sinks(without, constant, nil, tape: tape) == [], "not recorded")
    #expect(tape.count == 0)
    let frozen = Parameter(Tensor(scalar: 1))
    frozen.isTrainable = false
    #expect(sinks(wanted, frozen.variable(on: tape), nil, tape: tape) == [1, 0, 0])
  }

  @Test func listsOfInputsLikewise() {
    let tape = Tape()
    let wanted = Variable(Tensor(scalar: 1), tape: tape, needsGradient: true)
    let given = Mutex<[Int]>([])
    let result = Variable.result(
      Tensor(scalar: 0), of: "probe", all: [wanted, Variable(Tensor(scalar: 1)), wanted]
    ) { _, sinks in given.withLock { $0 = sinks.map { $0 == nil ? 0 : 1 } } }
    tape.backward(from: result)
    #expect(given.withLock { $0 } == [1, 0, 1])
  }

  @Test func recordsOnTheTapeOfAnyInput() {
    let tape = Tape()
    let wanted = Variable(Tensor(scalar: 1), tape: tape, needsGradient: true)
    let without = Variable(Tensor(scalar: 1))
    #expect(
      Variable.result(Tensor(scalar: 0), of: "probe", without, wanted) { _, _, _ in }.tape === tape)
    #expect(
      Variable.result(Tensor(scalar: 0), of: "probe", without, without) { _, _, _ in }.tape == nil)
  }

  @Test func tapesThatDisagreeTrap() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let a = Variable(Tensor(scalar: 1), tape: Tape(), needsGradient: true)
      let b = Variable(Tensor(scalar: 1), tape: Tape())
      _ = Variable.result(Tensor(scalar: 0), of: "probe", a, b) { _, _, _ in }
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.contains("probe: its inputs are recorded on different tapes"))
  }

  /// Gradients of 1 and 2 through each kind of memory, for a leaf and for a parameter.
  @Test func gradientsGatherInEveryKindOfMemory() {
    for kind in 0..<3 {
      let tape = Tape()
      let leaf = Variable(Tensor([2], [0, 0]), tape: tape, needsGradient: true)
      let parameter = Parameter(Tensor([2], [0, 0]))
      for input in [leaf, leaf, parameter.variable(on: tape)] {
        let result = Variable.result(Tensor(scalar: 0), of: "probe", input) { upstream, dx in
          let target = [dx.adding, dx.overwriting, dx.addingToZeros][kind]
          withMemory(of: target, upstream) { dx, g in
            for i in 0..<2 {
              let share = g[0] * Float(i + 1)
              dx[i] = kind == 1 ? share : dx[i] + share
            }
          }
        }
        tape.backward(from: result, gradient: Tensor(scalar: 3))
      }
      #expect(leaf.gradient?.elements == [6, 12], "kind \(kind)")
      #expect(parameter.gradient.elements == [3, 6], "kind \(kind)")
    }
  }

  @Test func upstreamGradientsCanBeChangedInPlace() {
    let tape = Tape()
    let x = Variable(Tensor([2], [0, 0]), tape: tape, needsGradient: true)
    let outside = Tensor([2], [1, 2])
    let result = Variable.result(x.value, of: "probe", x) { upstream, dx in
      withMemory(of: upstream.inPlace) { $0[0] = 5 }
      dx.accumulate(upstream.gradient)
    }
    tape.backward(from: result, gradient: outside)
    #expect(x.gradient?.elements == [5, 2])
    #expect(outside.elements == [1, 2], "a tensor that others see is copied first")
  }
}
