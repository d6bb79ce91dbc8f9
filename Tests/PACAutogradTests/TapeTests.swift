import PACTensors
import Testing

@testable import PACAutograd

private func multiply(_ a: Tensor, _ b: Tensor) -> Tensor {
  Tensor(a.shape, zip(a.elements, b.elements).map { $0 * $1 })
}

/// x · y, elementwise.
private func product(_ x: Variable, _ y: Variable) -> Variable {
  let (a, b) = (x.value, y.value)
  return .result(multiply(a, b), of: "product", x, y) { upstream, dx, dy in
    dx?.accumulate(multiply(upstream.gradient, b))
    dy?.accumulate(multiply(upstream.gradient, a))
  }
}

@Suite struct TapeTests {
  @Test func addsUpGradientsOfEveryUse() {
    let tape = Tape()
    let x = Variable(Tensor([2], [3, -2]), tape: tape, needsGradient: true)
    let cube = product(product(x, x), x)
    tape.backward(from: cube, gradient: Tensor([2], [1, 10]))
    #expect(cube.value.elements == [27, -8])
    #expect(x.gradient?.elements == [27, 120], "3 x² times what arrives")
    #expect(tape.count == 0)
  }

  @Test func recordsNothingWithoutTapeOrWish() {
    let tape = Tape()
    let fixed = Variable(Tensor([1], [2]), tape: tape)
    #expect(product(fixed, fixed).needsGradient == false)
    #expect(tape.count == 0)
    let free = Variable(Tensor([1], [2]), needsGradient: true)
    #expect(product(free, free).tape == nil)
  }

  @Test func freesActivationsWhilePlayingBack() {
    let tape = Tape()
    let x = Variable(Tensor([1], [2]), tape: tape, needsGradient: true)
    weak var middle: Variable?
    var result: Variable?
    var value: Tensor
    do {
      let inner = product(x, x)
      (middle, value) = (inner, inner.value)
      result = product(inner, inner)
    }
    #expect(middle == nil, "the tape keeps values, never variables")
    if let loss = result.take() { tape.backward(from: loss) }
    // Memory that others see is copied before it is written.
    let before = withMemory(of: value) { Int(bitPattern: $0) }
    #expect(before == Int(bitPattern: value.writableBuffer().base))
    #expect(x.gradient?.elements == [32])
  }

  @Test func gathersParametersInFlatBuffers() {
    let a = Parameter(Tensor([2], [1, 2]))
    let b = Parameter(Tensor([1, 1], [5]))
    let set = ParameterSet([("a", a), ("b", b)])
    #expect(set.values.elements == [1, 2, 5])
    #expect(set.entries.map(\.range) == [0..<2, 2..<3])
    let tape = Tape()
    let x = a.variable(on: tape)
    tape.backward(from: product(x, x), gradient: Tensor([2], [1, 1]))
    #expect(b.gradient.elements == [0])
    #expect(set.takeGradients().elements == [2, 4, 0])
    #expect(set.takeGradients().elements == [0, 0, 0], "handed out once")
    let before = a.value
    set.updateValues { $0.withUnsafeMutableBufferPointer { $0[0] = 7 } }
    #expect(a.value.elements == [7, 2])
    #expect(before.elements == [1, 2], "a value that was read stays")
  }

  @Test func computesNoGradientOfFrozenParameters() {
    let a = Parameter(Tensor([1], [3]))
    a.isTrainable = false
    let tape = Tape()
    let x = a.variable(on: tape)
    #expect(product(x, x).needsGradient == false)
  }

  @Test func saysWhenAParametersGradientIsFinal() {
    let (a, b, c) = (
      Parameter(Tensor([1], [2])), Parameter(Tensor([1], [3])), Parameter(Tensor([1], [5]))
    )
    let unused = Parameter(Tensor([1], [1]))
    let set = ParameterSet([("a", a), ("b", b), ("c", c), ("unused", unused)])
    let tape = Tape()
    // a·b·c·a: the last operation uses a as well as the first.
    let ab = product(a.variable(on: tape), b.variable(on: tape))
    let abc = product(ab, c.variable(on: tape))
    let result = product(abc, a.variable(on: tape))
    _ = unused.variable(on: tape)
    var completed: [[Range<Int>]] = []
    var gradients: [[Float]] = []
    tape.backward(from: result) {
      completed.append($0.map(\.range))
      for parameter in $0 { gradients.append(parameter.gradient.elements) }
    }
    #expect(completed == [[3..<4], [2..<3], [1..<2, 0..<1]])
    #expect(gradients == [[0], [12], [20], [60]], "final when they are announced")
    #expect(set.takeGradients().elements == [60, 20, 12, 0])
  }

  @Test func gathersWhereItIsTold() {
    let a = Parameter(Tensor([1], [3]))
    let set = ParameterSet([("a", a)])
    let buffer = FlatBuffer(zeros: 1)
    set.gradients = buffer
    let tape = Tape()
    tape.backward(from: product(a.variable(on: tape), a.variable(on: tape)))
    #expect(buffer.base[0] == 6)
    set.gradients = nil
    #expect(a.gradient.elements == [0])
    #expect(buffer.base[0] == 6)
  }
}
