import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

struct CRFCase: Sendable, CustomTestStringConvertible {
  var kernels: [PairwiseKernel]
  var channels = 3
  var steps = 2
  var size = Pair(7, 10)
  var fixedWeighting = false
  var finalOutput = FinalOutput.logQ

  var options: PacCRFOptions {
    PacCRFOptions(
      channels: channels, numSteps: steps, finalOutput: finalOutput,
      fixedWeighting: fixedWeighting, unaryWeight: 0.9, pairwiseKernels: kernels)
  }

  var testDescription: String {
    let terms = kernels.map {
      "\($0.compatType.rawValue)\($0.spatialFilter ? "s" : "") k\($0.kernelSize) d\($0.dilation) b\($0.blur)"
    }
    return "\(terms.joined(separator: " + ")) \(steps) steps \(size)"
  }
}

@Suite struct PacCRFTests {
  /// Every compatibility, rectangles, and blur where it does not divide the size, or is larger than
  /// it.
  static let cases: [CRFCase] = [
    CRFCase(kernels: [PairwiseKernel(kernelSize: 3, dilation: 2, pairwiseWeight: 0.7)]),
    CRFCase(
      kernels: [
        PairwiseKernel(kernelSize: Pair(3, 5), dilation: Pair(2, 1), compatType: .matrix2d),
        PairwiseKernel(kernelSize: 3, blur: 2, compatType: .potts, spatialFilter: false),
      ], finalOutput: .softmax),
    CRFCase(
      kernels: [PairwiseKernel(kernelSize: 3, blur: 3, compatType: .notAdaptive)],
      size: Pair(5, 8), finalOutput: .logSoftmax),
    CRFCase(
      kernels: [
        PairwiseKernel(kernelSize: 3, blur: 8, compatType: .potts),
        PairwiseKernel(kernelSize: 3, blur: 4, compatType: .matrix2d, spatialFilter: false),
      ], size: Pair(6, 11), fixedWeighting: true),
  ]

  @Test(arguments: cases, [false, true])
  func equalsTheEquationWithItsGradients(_ c: CRFCase, loose: Bool) throws {
    var r = CounterRandom(seed: 41, purpose: .initialisation)
    let shared = try PacCRF(c.options, random: &r)
    let separate = try PacCRFLoose(c.options, random: &r)
    let named = loose ? separate.parameters() : shared.parameters()
    for (_, parameter) in named {
      parameter.value.add(.uniform(parameter.shape, within: 0.3, using: &r))
    }
    let (h, w) = (c.size.height, c.size.width)
    let inputs =
      [Tensor.uniform([1, c.channels, h, w], within: 1, using: &r)]
      + c.kernels.filter { $0.compatType != .notAdaptive }.map { _ in
        Tensor.uniform([1, 2, h, w], within: 1, using: &r)
      }
    func spread<T>(_ adaptive: ArraySlice<T>, otherwise: T) -> [T] {
      var rest = adaptive
      return c.kernels.map { $0.compatType == .notAdaptive ? otherwise : rest.removeFirst() }
    }
    try expectAgreement(inputs, parameters: named.map(\.parameter), seed: 41) { leaves in
      let features = spread(leaves[1...], otherwise: leaves[0])
      return try loose
        ? separate(leaves[0], features: features) : shared(leaves[0], features: features)
    } reference: { values in
      let learned = Dictionary(
        uniqueKeysWithValues: zip(named.map(\.name), values[inputs.count...]))
      let reference = MeanFieldReference(
        unary: .init(values[0], c.channels, h, w),
        features: spread(values[1..<inputs.count], otherwise: values[0]).map {
          .init($0, $0.count / (h * w), h, w)
        },
        steps: (0..<c.steps).map { step in
          self.step(c, learned, prefix: loose ? "steps.\(step)." : "")
        })
      let logQ = reference.logQ()
      switch c.finalOutput {
      case .logQ: return logQ.values
      case .softmax: return MeanFieldReference.softmax(logQ).values
      case .logSoftmax: return MeanFieldReference.softmax(logQ).values.map(logarithm)
      }
    }
  }

  private func step(
    _ c: CRFCase, _ learned: [String: [Double]], prefix: String
  ) -> (Double, [MeanFieldReference.Term]) {
    let terms = c.kernels.enumerated().map { number, kernel in
      let taps = kernel.kernelSize.height * kernel.kernelSize.width
      let constant = (0..<taps).map { $0 == taps / 2 ? 0.0 : 1 }
      let sign = kernel.compatType == .potts ? -1.0 : 1
      return MeanFieldReference.Term(
        settings: kernel, filter: learned["\(prefix)messengers.\(number).weight"] ?? constant,
        compatibility: learned["\(prefix)compat.\(number).weight"] ?? [],
        weight: learned["\(prefix)pairwise_weights.\(number)"]?[0]
          ?? sign * Double(kernel.pairwiseWeight))
    }
    return (learned["\(prefix)unary_weight"]?[0] ?? Double(Float(0.9)), terms)
  }

  @Test func parametersHaveThePublishedNames() throws {
    var r = CounterRandom(seed: 42, purpose: .initialisation)
    let options = PacCRFOptions(
      channels: 3, numSteps: 2,
      pairwiseKernels: [
        PairwiseKernel(kernelSize: 3),
        PairwiseKernel(kernelSize: 5, compatType: .matrix2d, spatialFilter: false),
        PairwiseKernel(kernelSize: 3, compatType: .potts, spatialFilter: false),
        PairwiseKernel(kernelSize: 3, compatType: .potts),
        PairwiseKernel(kernelSize: 5, compatType: .notAdaptive),
      ])
    let names = [
      "unary_weight", "messengers.0.weight", "messengers.3.weight", "messengers.4.weight",
      "compat.1.weight", "pairwise_weights.2",
    ]
    let crf = try PacCRF(options, random: &r)
    #expect(crf.parameters().map(\.name) == names)
    #expect(
      crf.parameters().map(\.parameter.shape) == [
        [], [3, 3, 3, 3], [1, 1, 3, 3], [3, 3, 5, 5], [3, 3, 1, 1], [],
      ])
    let loose = try PacCRFLoose(options, random: &r)
    #expect(
      loose.parameters("crf").map(\.name)
        == (0..<2).flatMap { step in names.map { "crf.steps.\(step).\($0)" } })
    let potts = crf.parameters()[5].parameter.value.scalar
    #expect(potts == -1)
  }

  /// Truncated Gaussian of σ = 3/4, normalised to a sum of 9, without its centre, between different
  /// labels only.
  @Test func filtersStartAsPublished() throws {
    var r = CounterRandom(seed: 43, purpose: .initialisation)
    func weight(_ perturbed: Bool) throws -> [Float] {
      let crf = try PacCRF(
        PacCRFOptions(
          channels: 2, numSteps: 1, perturbedInit: perturbed,
          pairwiseKernels: [PairwiseKernel(kernelSize: 3)]), random: &r)
      return crf.parameters()[1].parameter.value.elements
    }
    let (edge, corner) = (Float(1.114_292_4), Float(0.458_099_3))
    let filter = [corner, edge, corner, edge, 0, edge, corner, edge, corner]
    let zeros = [Float](repeating: 0, count: 9)
    for (ours, expected) in zip(try weight(false), zeros + filter + filter + zeros) {
      #expect(abs(ours - expected) < 1e-5)
    }
    let moved = zip(try weight(true), try weight(false)).map { abs($0 - $1) }
    #expect(moved.allSatisfy { $0 <= 0.000_501 } && moved.contains { $0 > 0.0002 })
  }

  /// 1 − identity, from which perturbed starts differ by up to 0.0005.
  @Test func compatibilitiesStartAsPublished() throws {
    var r = CounterRandom(seed: 45, purpose: .initialisation)
    func matrix(_ options: PacCRFOptions) throws -> [Float] {
      try #require(
        try PacCRF(options, random: &r).parameters().first { $0.name == "compat.0.weight" }
      ).parameter.value.elements
    }
    var options = PacCRFOptions(
      channels: 3, numSteps: 1, pairwiseKernels: [PairwiseKernel(compatType: .matrix2d)])
    let moved = try matrix(options)
    options.perturbedInit = false
    let start = try matrix(options)
    #expect(start == [0, 1, 1, 1, 0, 1, 1, 1, 0])
    let distances = zip(moved, start).map { abs($0 - $1) }
    #expect(distances.allSatisfy { $0 <= 0.000_501 } && distances.contains { $0 > 0.0002 })
  }

  @Test func defaultsAreThePublishedOnes() {
    let options = PacCRFOptions(channels: 2, numSteps: 1, pairwiseKernels: [PairwiseKernel()])
    #expect(options.perturbedInit && !options.fixedWeighting && options.unaryWeight == 1)
    #expect(options.finalOutput == .logQ)
    #expect(
      options.pairwiseKernels[0]
        == PairwiseKernel(
          kernelSize: 3, dilation: 1, blur: 1, compatType: .filter4d, spatialFilter: true,
          pairwiseWeight: 1))
  }

  /// In order, by name and as kernels made beforehand, features mean the same.
  @Test func featuresByName() throws {
    var r = CounterRandom(seed: 46, purpose: .initialisation)
    let options = PacCRFOptions(
      channels: 3, numSteps: 2,
      pairwiseKernels: [
        PairwiseKernel(name: "wide", kernelSize: 5, dilation: 2),
        PairwiseKernel(name: "plain", compatType: .notAdaptive),
        PairwiseKernel(name: "near", blur: 2, compatType: .potts),
      ])
    let crf = try PacCRF(options, random: &r)
    let unary = Variable(.uniform([1, 3, 6, 7], within: 1, using: &r))
    let maps = (0..<2).map { _ in Variable(.uniform([1, 2, 6, 7], within: 1, using: &r)) }
    let inOrder = try crf(unary, features: [maps[0], maps[0], maps[1]])
    let byName = try crf(unary, features: ["near": maps[1], "wide": maps[0]])
    #expect(byName.value.elements == inOrder.value.elements)
    let kernels = try crf.edgeKernels([maps[0], maps[0], maps[1]])
    let made = try crf(
      unary, kernels: ["wide": try #require(kernels[0]), "near": try #require(kernels[2])])
    #expect(made.value.elements == inOrder.value.elements)
  }

  /// One map serves every term, terms of the same window share its K, and its gradient is the sum.
  @Test func oneMapForAllTerms() throws {
    var r = CounterRandom(seed: 47, purpose: .initialisation)
    let options = PacCRFOptions(
      channels: 3, numSteps: 2,
      pairwiseKernels: [
        PairwiseKernel(), PairwiseKernel(compatType: .matrix2d),
        PairwiseKernel(blur: 2, compatType: .potts), PairwiseKernel(compatType: .notAdaptive),
      ])
    let crf = try PacCRF(options, random: &r)
    let unary = Tensor.uniform([1, 3, 6, 7], within: 1, using: &r)
    let map = Tensor.uniform([1, 2, 6, 7], within: 1, using: &r)
    let upstream = Tensor.uniform(unary.shape, within: 1, using: &r)
    func result(_ count: Int) throws -> (output: Tensor, gradient: Tensor) {
      let tape = Tape()
      let maps = (0..<count).map { _ in Variable(map, tape: tape, needsGradient: true) }
      let output = try crf(Variable(unary, tape: tape), features: maps)
      tape.backward(from: output, gradient: upstream)
      var sum = Tensor.zeros(map.shape)
      for map in maps { if let gradient = map.gradient { sum.add(gradient) } }
      return (output.value, sum)
    }
    let (one, separate) = (try result(1), try result(4))
    #expect(one.output.elements == separate.output.elements)
    expectEqual(one.gradient, separate.gradient.elements.map(Double.init), 1e-5)
    let kernels = try crf.edgeKernels([Variable(map)])
    #expect(kernels[0] === kernels[1] && kernels[0] !== kernels[2] && kernels[3] == nil)
  }

  @Test func aSharedCheckpointLoadsIntoEveryStep() throws {
    var r = CounterRandom(seed: 44, purpose: .initialisation)
    let options = Self.cases[1].options
    let shared = try PacCRF(options, random: &r)
    for (_, parameter) in shared.parameters() {
      parameter.value.add(.uniform(parameter.shape, within: 0.3, using: &r))
    }
    let values = Dictionary(
      uniqueKeysWithValues: shared.parameters().map { ($0.name, $0.parameter.value) })
    let loose = try PacCRFLoose(options, random: &r)
    try loose.load(values)
    let unary = Variable(.uniform([2, 3, 6, 7], within: 1, using: &r))
    let features = (0..<2).map { _ in Variable(.uniform([2, 4, 6, 7], within: 1, using: &r)) }
    #expect(
      try loose(unary, features: features).value.elements
        == shared(unary, features: features).value.elements)
    #expect(
      message { try loose.load(values.filter { $0.key != "compat.0.weight" }) }
        == "PacCRFLoose: values is without 'compat.0.weight'; allowed: a value for every parameter")
    #expect(
      message { try shared.load(values.merging(["unary_weight": .zeros([2])]) { $1 }) }
        == "PacCRF: values['unary_weight'] is of shape [2]; allowed: []")
  }
}
