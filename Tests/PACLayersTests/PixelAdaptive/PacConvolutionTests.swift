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
  var groups = 1

  var testDescription: String {
    "\(transposed ? "transposed" : "plain") k\(window.kernelSize) s\(window.stride) "
      + "p\(window.padding) o\(window.outputPadding) d\(window.dilation) g\(groups) \(channels) \(size)"
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

  /// A channel, a few, a panel or more of outputs in a group: each has its own way of multiplying.
  static let grouped: [PacCase] = [
    PacCase(
      transposed: false, window: PacWindow(kernelSize: 3, padding: 1), channels: (6, 3, 6),
      size: Pair(21, 33), groups: 3),
    PacCase(
      transposed: false,
      window: PacWindow(
        kernelSize: Pair(3, 5), stride: Pair(2, 1), padding: Pair(1, 4), dilation: Pair(1, 2)),
      channels: (5, 2, 5), size: Pair(12, 18), batch: 2, groups: 5),
    PacCase(
      transposed: false, window: PacWindow(kernelSize: 3, padding: 4, dilation: 4),
      channels: (4, 2, 8), size: Pair(9, 11), groups: 4),
    PacCase(
      transposed: false, window: PacWindow(kernelSize: 3, padding: 1), channels: (6, 1, 15),
      size: Pair(7, 17), groups: 3),
    PacCase(
      transposed: false, window: PacWindow(kernelSize: 3), channels: (4, 1, 20),
      size: Pair(8, 9), groups: 2),
    PacCase(
      transposed: false, window: PacWindow(kernelSize: 3, padding: 1), channels: (4, 1, 98),
      size: Pair(5, 6), groups: 2),
    PacCase(
      transposed: true,
      window: PacWindow(kernelSize: 5, stride: 2, padding: 2, outputPadding: 1),
      channels: (3, 4, 3), size: Pair(7, 17), groups: 3),
    PacCase(
      transposed: true,
      window: PacWindow(
        kernelSize: Pair(3, 5), stride: Pair(3, 1), padding: Pair(1, 0),
        outputPadding: Pair(2, 0), dilation: Pair(1, 2)),
      channels: (4, 2, 6), size: Pair(5, 9), batch: 2, groups: 2),
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
      kind: c.transposed ? .transposed : .convolution, window: c.window, groups: c.groups,
      inputShape: input,
      guideShape: guide, outputChannels: c.channels.output, input: randomNumbers(input.count, &r),
      guide: randomNumbers(guide.count, &r),
      weight: randomNumbers(c.channels.input * c.channels.output / c.groups * taps, &r),
      bias: randomNumbers(c.channels.output, &r))
  }

  private func run(
    _ reference: PacReference, stored: Bool, tape: Tape
  ) throws -> (output: Variable, leaves: [Variable]) {
    let (i, o) = (reference.inputShape.channels, reference.outputChannels)
    let k = reference.window.kernelSize
    let groups = reference.groups
    let weightShape: Shape =
      reference.kind == .transposed
      ? [i, o / groups, k.height, k.width] : [o, i / groups, k.height, k.width]
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
    let output = try convolve(v, adapting, w, b, reference.window, groups, false, .identity)
    return (output, [v, f, w, b])
  }

  @Test(arguments: cases + grouped, [false, true])
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

  @Test(arguments: cases + grouped, [false, true])
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

  /// Every output is the sum of the same products, alone or beside other groups; in the same order
  /// where the sums are ours.
  @Test(arguments: grouped.filter { $0.batch == 1 })
  func groupsAreLayersSideBySide(_ c: PacCase) throws {
    var r = CounterRandom(seed: 13, purpose: .initialisation)
    let reference = reference(c, &r)
    let (whole, leaves) = try run(reference, stored: false, tape: Tape())
    func part(_ leaf: Variable, _ group: Int, axis: Int = 0) -> Variable {
      var extents = leaf.value.shape.dimensions
      extents[axis] /= c.groups
      let count = leaf.value.count / c.groups
      return Variable(
        Tensor(Shape(extents), Array(leaf.value.elements[group * count..<(group + 1) * count])))
    }
    let convolve = c.transposed ? pacconvTranspose2d : pacconv2d
    let separate = try (0..<c.groups).flatMap { group in
      try convolve(
        part(leaves[0], group, axis: 1), .guide(leaves[1]), part(leaves[2], group),
        part(leaves[3], group), c.window, 1, false, .identity
      ).value.elements
    }
    guard c.channels.output / c.groups <= 48 else {
      return expectEqual(whole.value, separate.map(Double.init), 2e-6)
    }
    #expect(whole.value.elements == separate)
  }
}
