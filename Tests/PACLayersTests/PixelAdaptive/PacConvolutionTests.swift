import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

struct PacCase: Sendable, CustomTestStringConvertible {
  var transposed: Bool
  var window: PacWindow
  var channels: (input: Int, guide: Int, output: Int)
  var size: Pair
  var batch = 1

  var testDescription: String {
    "\(transposed ? "transposed" : "plain") k\(window.kernelSize) s\(window.stride) "
      + "p\(window.padding) o\(window.outputPadding) d\(window.dilation) \(channels) \(size)"
  }
}

@Suite struct PacConvolutionTests {
  /// Sizes on both sides of the sixteen lanes, odd strides and dilations, windows larger than the
  /// image.
  static let cases: [PacCase] = [
    PacCase(
      transposed: true,
      window: PacWindow(kernelSize: 5, stride: 2, padding: 2, outputPadding: 1),
      channels: (3, 4, 5), size: Pair(9, 17)),
    PacCase(
      transposed: true,
      window: PacWindow(kernelSize: 5, stride: 2, padding: 2, outputPadding: 1),
      channels: (2, 1, 1), size: Pair(1, 1), batch: 2),
    PacCase(
      transposed: true,
      window: PacWindow(
        kernelSize: Pair(3, 5), stride: Pair(3, 1), padding: Pair(1, 0),
        outputPadding: Pair(2, 0), dilation: Pair(1, 2)),
      channels: (4, 2, 3), size: Pair(7, 16)),
    PacCase(
      transposed: true, window: PacWindow(kernelSize: 3, stride: 4, padding: 1, dilation: 2),
      channels: (2, 3, 2), size: Pair(5, 6)),
    PacCase(
      transposed: false, window: PacWindow(kernelSize: 5, padding: 2), channels: (3, 3, 4),
      size: Pair(21, 33)),
    PacCase(
      transposed: false,
      window: PacWindow(
        kernelSize: Pair(1, 7), stride: Pair(2, 3), padding: Pair(0, 4), dilation: Pair(1, 3)),
      channels: (2, 2, 2), size: Pair(12, 31), batch: 2),
    PacCase(
      transposed: false, window: PacWindow(kernelSize: 3, padding: 8, dilation: 8),
      channels: (1, 2, 17), size: Pair(6, 15)),
  ]

  private func reference(_ c: PacCase, _ r: inout CounterRandom) -> PacReference {
    let taps = c.window.kernelSize.height * c.window.kernelSize.width
    let geometry = c.window.geometry(
      height: c.size.height, width: c.size.width, transposed: c.transposed)
    let input: Shape = [c.batch, c.channels.input, c.size.height, c.size.width]
    let guide: Shape = [
      c.batch, c.channels.guide, geometry.rows.guide, geometry.columns.guide,
    ]
    return PacReference(
      kind: c.transposed ? .transposed : .convolution, window: c.window, inputShape: input,
      guideShape: guide, outputChannels: c.channels.output, input: randomNumbers(input.count, &r),
      guide: randomNumbers(guide.count, &r),
      weight: randomNumbers(c.channels.input * c.channels.output * taps, &r),
      bias: randomNumbers(c.channels.output, &r))
  }

  private func run(
    _ reference: PacReference, stored: Bool, tape: Tape
  ) throws -> (output: Variable, leaves: [Variable]) {
    let (i, o) = (reference.inputShape.channels, reference.outputChannels)
    let k = reference.window.kernelSize
    let weightShape: Shape =
      reference.kind == .transposed ? [i, o, k.height, k.width] : [o, i, k.height, k.width]
    func leaf(_ values: [Double], _ shape: Shape) -> Variable {
      Variable(Tensor(shape, values.map(Float.init)), tape: tape, needsGradient: true)
    }
    let v = leaf(reference.input, reference.inputShape)
    let f = leaf(reference.guide, reference.guideShape)
    let w = leaf(reference.weight, weightShape)
    let b = leaf(reference.bias, [o])
    let transposed = reference.kind == .transposed
    let convolve = transposed ? pacconvTranspose2d : pacconv2d
    let adapting: Adapting =
      stored
      ? .kernel(
        try packernel2d(f, window: reference.window, transposed: transposed).kernel)
      : .guide(f)
    let output = try convolve(v, adapting, w, b, reference.window, false, .identity)
    return (output, [v, f, w, b])
  }

  @Test(arguments: cases, [false, true])
  func equalsTheEquation(_ c: PacCase, stored: Bool) throws {
    var r = CounterRandom(seed: 11, purpose: .initialisation)
    let reference = reference(c, &r)
    let (output, _) = try run(reference, stored: stored, tape: Tape())
    let expected = reference.output()
    #expect(output.value.shape == reference.outputShape)
    let scale = expected.map(abs).max() ?? 1
    for (ours, theirs) in zip(output.value.elements, expected) {
      #expect(abs(Double(ours) - theirs) <= 2e-6 * scale)
    }
  }

  @Test(arguments: cases, [false, true])
  func gradientsAgreeWithDifferences(_ c: PacCase, stored: Bool) throws {
    var r = CounterRandom(seed: 12, purpose: .initialisation)
    let reference = reference(c, &r)
    let tape = Tape()
    let (output, leaves) = try run(reference, stored: stored, tape: tape)
    let upstream = randomNumbers(output.value.count, &r)
    tape.backward(
      from: output, gradient: Tensor(output.value.shape, upstream.map(Float.init)))
    let fields: [WritableKeyPath<PacReference, [Double]>] = [\.input, \.guide, \.weight, \.bias]
    for (leaf, field) in zip(leaves, fields) {
      let gradient = try #require(leaf.gradient).elements.map(Double.init)
      for _ in 0..<3 {
        let direction = randomNumbers(gradient.count, &r)
        func loss(_ step: Double) -> Double {
          var moved = reference
          for i in direction.indices { moved[keyPath: field][i] += step * direction[i] }
          return zip(moved.output(), upstream).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let expected = (loss(1e-5) - loss(-1e-5)) / 2e-5
        let ours = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
        let scale = zip(gradient, direction).reduce(0) { $0 + abs($1.0 * $1.1) }
        #expect(abs(ours - expected) <= 1e-5 * max(scale, 1), "\(field)")
      }
    }
  }
}
