import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

struct PacLayerCase: Sendable, CustomTestStringConvertible {
  var kind: PacReference.Kind
  var window: PacWindow
  var options = AdaptingKernelOptions()
  var channels = (input: 2, guide: 3, output: 3)
  var size = Pair(7, 9)
  var batch = 1
  var groups = 1
  var shared = false
  var masked = false
  var biased = true

  var testDescription: String {
    "\(kind) k\(window.kernelSize) s\(window.stride) p\(window.padding) o\(window.outputPadding) "
      + "d\(window.dilation) g\(groups) \(options.type) \(options.smoothing) normalized \(options.normalized) "
      + "channelWise \(options.channelWise) shared \(shared) masked \(masked)"
  }
}

@Suite struct PacLayerTests {
  /// What the published code fails at among them: smoothing with dilation, rectangles, strides,
  /// masks.
  static let cases: [PacLayerCase] = [
    PacLayerCase(
      kind: .convolution,
      window: PacWindow(
        kernelSize: Pair(3, 5), stride: Pair(2, 1), padding: Pair(2, 3), dilation: 2),
      options: .init(smoothing: .gaussian)),
    PacLayerCase(
      kind: .convolution,
      window: PacWindow(kernelSize: Pair(5, 1), padding: Pair(1, 0), dilation: Pair(1, 3)),
      options: .init(
        type: .inverse(alpha: 0.3, lambda: 0.8, asymmetric: true), smoothing: .average(5),
        normalized: true)),
    PacLayerCase(
      kind: .convolution, window: PacWindow(kernelSize: 3, padding: 3, dilation: 3),
      options: .init(type: .inverse(alpha: 0.2, lambda: 1.2), smoothing: .full(3)), masked: true),
    PacLayerCase(
      kind: .convolution,
      window: PacWindow(kernelSize: 3, stride: Pair(3, 2), padding: 1), channels: (3, 2, 3),
      batch: 2, shared: true, masked: true),
    PacLayerCase(
      kind: .convolution, window: PacWindow(kernelSize: 1, stride: 2),
      options: .init(normalized: true), batch: 2, masked: true, biased: false),
    PacLayerCase(
      kind: .transposed,
      window: PacWindow(
        kernelSize: Pair(5, 3), stride: Pair(2, 3), padding: Pair(2, 0),
        outputPadding: Pair(1, 2)),
      options: .init(type: .inverse(alpha: 0.1, lambda: 0.6), smoothing: .full(5)),
      size: Pair(4, 5)),
    PacLayerCase(
      kind: .transposed, window: PacWindow(kernelSize: 3, stride: 2, padding: 2, dilation: 2),
      options: .init(smoothing: .gaussian, normalized: true), size: Pair(5, 4), masked: true),
    PacLayerCase(
      kind: .transposed,
      window: PacWindow(kernelSize: 5, stride: 2, padding: 2, outputPadding: 1),
      channels: (3, 1, 3), size: Pair(4, 6), batch: 2, shared: true),
    PacLayerCase(
      kind: .convolution, window: PacWindow(kernelSize: 3, stride: Pair(1, 2), padding: 1),
      options: .init(
        type: .inverse(alpha: 0.3, lambda: 0.8, asymmetric: true), smoothing: .full(3),
        normalized: true), channels: (4, 3, 6), batch: 2, groups: 2, masked: true),
    PacLayerCase(
      kind: .convolution, window: PacWindow(kernelSize: 3, padding: 2, dilation: 2),
      options: .init(smoothing: .average(3)), channels: (3, 2, 3), groups: 3, masked: true,
      biased: false),
    PacLayerCase(
      kind: .transposed,
      window: PacWindow(kernelSize: 5, stride: 2, padding: 2, outputPadding: 1),
      options: .init(type: .inverse(alpha: 0.1, lambda: 0.6), normalized: true),
      channels: (4, 2, 4), size: Pair(4, 6), groups: 4),
    PacLayerCase(
      kind: .transposed, window: PacWindow(kernelSize: 3, stride: 2, padding: 1),
      options: .init(smoothing: .gaussian), channels: (4, 1, 2), size: Pair(5, 4), batch: 2,
      groups: 2, masked: true),
    PacLayerCase(
      kind: .pooling, window: PacWindow(kernelSize: 3, stride: 2, padding: 1),
      options: .init(
        type: .inverse(alpha: 0.2, lambda: 1, asymmetric: true), smoothing: .gaussian,
        channelWise: true, normalized: true), channels: (3, 3, 3), batch: 2),
    PacLayerCase(
      kind: .pooling,
      window: PacWindow(kernelSize: Pair(3, 5), stride: Pair(2, 3), padding: 2, dilation: 2),
      options: .init(smoothing: .average(3)), channels: (2, 3, 2), masked: true),
    PacLayerCase(
      kind: .pooling, window: PacWindow(kernelSize: Pair(1, 3), padding: Pair(0, 1)),
      options: .init(
        type: .inverse(alpha: 0.2, lambda: 0.7, asymmetric: false, fixed: true),
        channelWise: true), channels: (2, 2, 2)),
  ]

  @Test(arguments: cases)
  func equalsTheEquationWithItsGradients(_ c: PacLayerCase) throws {
    var r = CounterRandom(seed: 21, purpose: .initialisation)
    let layer = try Layer(c, &r)
    var reference = PacReference(c, &r)
    // Learned numbers away from where they start, and different for every channel.
    let inputs = [
      Tensor(reference.inputShape, reference.input.map(Float.init)),
      Tensor(reference.guideShape, reference.guide.map(Float.init)),
    ]
    for (name, parameter) in layer.parameters {
      let scale = name.hasPrefix("inv") ? 0.1 : 0.5
      let moved = zip(parameter.value.elements, randomNumbers(parameter.shape.count, &r)).map {
        $0 + Float(scale * $1)
      }
      parameter.value = Tensor(parameter.shape, moved)
    }
    let mask = reference.mask.map {
      Tensor([c.batch, 1, c.size.height, c.size.width], $0.map(Float.init))
    }
    try expectAgreement(
      inputs, parameters: layer.parameters.map(\.parameter), seed: 21, tolerance: 3e-5
    ) { leaves in
      try layer.apply(leaves[0], leaves[1], mask)
    } reference: { values in
      reference.input = values[0]
      reference.guide = values[1]
      for (named, value) in zip(layer.parameters, values[2...]) { reference.set(named.name, value) }
      return reference.output()
    }
  }

  @Test func parametersHaveThePublishedNames() throws {
    var r = CounterRandom(seed: 1, purpose: .initialisation)
    let options = AdaptingKernelOptions(
      type: try AdaptingKernelType("inv_0.2_0.3_asym"), smoothing: .full(3))
    let layer = try PacConv2d(
      inputChannels: 2, outputChannels: 4, window: PacWindow(kernelSize: 3), options: options,
      random: &r)
    let named = layer.parameters("conv")
    #expect(
      named.map(\.name) == [
        "conv.weight", "conv.bias", "conv.inv_alpha", "conv.inv_lambda", "conv.smooth_kernel",
      ])
    #expect(named.map(\.parameter.shape) == [[4, 2, 3, 3], [4], [1], [1], [1, 1, 3, 3]])
    let pool = try PacPool2d(
      window: PacWindow(kernelSize: 3),
      options: .init(type: .inverse(alpha: 0.2, lambda: 0.3), channelWise: true),
      outputChannels: 5)
    #expect(pool.parameters().map(\.name) == ["inv_alpha", "inv_lambda"])
    #expect(pool.parameters().map(\.parameter.shape) == [[5], [5]])
    #expect(pool.parameters()[0].parameter.value.elements == [Float](repeating: 0.2, count: 5))
  }

  @Test func aKernelMadeBeforehandGivesTheSame() throws {
    var r = CounterRandom(seed: 2, purpose: .initialisation)
    let layer = try PacConv2d(
      inputChannels: 3, outputChannels: 2, window: PacWindow(kernelSize: 3, padding: 1),
      random: &r)
    let input = Variable(.uniform([1, 3, 5, 6], within: 1, using: &r))
    let guide = Variable(.uniform([1, 2, 5, 6], within: 1, using: &r))
    let (kernel, mask) = try layer.adaptingKernel(guide)
    #expect(mask == nil)
    let expected = try layer(input, guide: guide).value.elements.map(Double.init)
    expectEqual(try layer(input, kernel: kernel).value, expected, 1e-6)
  }

  @Test func theOutputMaskIsWhereAnyPixelWasValid() throws {
    var r = CounterRandom(seed: 3, purpose: .initialisation)
    let layer = try PacConv2d(
      inputChannels: 1, outputChannels: 1, window: PacWindow(kernelSize: 3), random: &r)
    var mask = [Float](repeating: 0, count: 30)
    mask[7] = 1
    let image = Variable(.uniform([1, 1, 5, 6], within: 1, using: &r))
    let (output, outputMask) = try layer(
      image, guide: image, mask: Tensor([1, 1, 5, 6], mask))
    #expect(outputMask?.elements == [1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0])
    let bias = try #require(layer.bias).value.scalar
    #expect(output.value.elements[2...3] == [bias, bias])
  }
}

/// One of the three layers.
private enum Layer {
  case convolution(PacConv2d)
  case transposed(PacConvTranspose2d)
  case pooling(PacPool2d)

  init(_ c: PacLayerCase, _ r: inout CounterRandom) throws {
    switch c.kind {
    case .convolution:
      self = .convolution(
        try PacConv2d(
          inputChannels: c.channels.input, outputChannels: c.channels.output, window: c.window,
          groups: c.groups, options: c.options, bias: c.biased, sharedFilters: c.shared, random: &r)
      )
    case .transposed:
      self = .transposed(
        try PacConvTranspose2d(
          inputChannels: c.channels.input, outputChannels: c.channels.output, window: c.window,
          groups: c.groups, options: c.options, bias: c.biased, sharedFilters: c.shared, random: &r)
      )
    case .pooling:
      self = .pooling(
        try PacPool2d(window: c.window, options: c.options, outputChannels: c.channels.output))
    }
  }

  var parameters: [(name: String, parameter: Parameter)] {
    switch self {
    case .convolution(let layer): layer.parameters()
    case .transposed(let layer): layer.parameters()
    case .pooling(let layer): layer.parameters()
    }
  }

  func apply(_ input: Variable, _ guide: Variable, _ mask: Tensor?) throws -> Variable {
    switch (self, mask) {
    case (.convolution(let layer), nil): try layer(input, guide: guide)
    case (.convolution(let layer), let mask?): try layer(input, guide: guide, mask: mask).output
    case (.transposed(let layer), nil): try layer(input, guide: guide)
    case (.transposed(let layer), let mask?): try layer(input, guide: guide, mask: mask).output
    case (.pooling(let layer), nil): try layer(input, guide: guide)
    case (.pooling(let layer), let mask?): try layer(input, guide: guide, mask: mask).output
    }
  }
}

extension PacReference {
  fileprivate init(_ c: PacLayerCase, _ r: inout CounterRandom) {
    let geometry = c.window.geometry(
      height: c.size.height, width: c.size.width, transposed: c.kind == .transposed)
    let input: Shape = [c.batch, c.channels.input, c.size.height, c.size.width]
    let guide: Shape = [c.batch, c.channels.guide, geometry.rows.guide, geometry.columns.guide]
    self.init(
      kind: c.kind, window: c.window, options: c.options, groups: c.groups,
      sharedFilters: c.shared, inputShape: input, guideShape: guide,
      outputChannels: c.channels.output,
      input: randomNumbers(input.count, &r), guide: randomNumbers(guide.count, &r))
    if case .inverse(let alpha, let lambda, _, _) = c.options.type {
      (self.alpha, self.lambda) = ([Double(alpha)], [Double(lambda)])
    }
    if c.masked {
      mask = (0..<c.batch * input.pixels).map { _ in r.uniform() < 0.4 ? 1 : 0 }
    }
  }

  fileprivate mutating func set(_ name: String, _ value: [Double]) {
    switch name {
    case "weight": weight = value
    case "bias": bias = value
    case "inv_alpha": alpha = value
    case "inv_lambda": lambda = value
    default: smoothKernel = value
    }
  }
}
