import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

struct LatticeCase: Sendable, CustomTestStringConvertible {
  var dimensions: Int
  var neighborhood = 1
  var inputs = 2
  var outputs = 3
  var groups = 1
  var sharedFilters = false
  var normalization = LatticeNormalization.symmetric
  var size = Pair(5, 6)
  var outputSize: Pair?
  var seed: UInt64 = 1

  var reference: LatticeReference {
    LatticeReference(
      dimensions: dimensions, size: neighborhood, normalization: normalization.rawValue)
  }

  /// Features of a size, [1, d, H, W], none of them near a wall between simplices.
  func features(_ size: Pair, _ random: inout CounterRandom) -> Tensor {
    let pixels = size.height * size.width
    var features = [Double](repeating: 0, count: dimensions * pixels)
    for pixel in 0..<pixels {
      var own: [Double]
      repeat {
        own = randomNumbers(dimensions, &random, scale: 0.9)
      } while reference.clearance(own)[0] < 0.002
      for i in 0..<dimensions { features[i * pixels + pixel] = own[i] }
    }
    return Tensor([1, dimensions, size.height, size.width], features.map(Float.init))
  }

  var testDescription: String {
    "d \(dimensions), s \(neighborhood), \(inputs)→\(outputs) in \(groups) groups"
      + (sharedFilters ? ", shared" : "") + ", \(normalization), \(size) → \(outputSize ?? size), "
      + "seed \(seed)"
  }
}

@Suite struct PermutohedralConv2dTests {
  static let cases = [
    LatticeCase(dimensions: 1, normalization: .none),
    LatticeCase(dimensions: 2, neighborhood: 2, inputs: 4, outputs: 6, groups: 2, seed: 2),
    LatticeCase(dimensions: 2, normalization: .after, outputSize: Pair(3, 7), seed: 3),
    LatticeCase(dimensions: 3, inputs: 3, outputs: 3, groups: 3, outputSize: Pair(4, 4), seed: 4),
    LatticeCase(dimensions: 5, inputs: 21, outputs: 17, normalization: .none, seed: 5),
    LatticeCase(
      dimensions: 5, inputs: 9, outputs: 9, sharedFilters: true, normalization: .after, seed: 6),
    LatticeCase(
      dimensions: 2, neighborhood: 0, inputs: 1, outputs: 34, normalization: .after, seed: 7),
    LatticeCase(dimensions: 7, inputs: 1, outputs: 1, size: Pair(3, 3), seed: 8),
  ]

  @Test(arguments: cases)
  func equalsTheEquationWithItsGradients(_ c: LatticeCase) throws {
    var random = CounterRandom(seed: c.seed, purpose: .initialisation)
    let taps = FeatureLattice.taps(featureChannels: c.dimensions, neighborhood: c.neighborhood)
    let weightShape: Shape =
      c.sharedFilters ? [1, 1, taps] : [c.outputs, c.inputs / c.groups, taps]
    let sizes = [c.size] + (c.outputSize.map { [$0] } ?? [])
    let maps = sizes.map { c.features($0, &random) }
    let inputs =
      [
        Tensor.uniform([1, c.inputs, c.size.height, c.size.width], within: 1, using: &random),
        Tensor.uniform(weightShape, within: 0.5, using: &random),
        Tensor.uniform([c.outputs], within: 1, using: &random),
      ] + maps
    try expectAgreement(inputs, seed: c.seed, tolerance: 3e-5) { leaves in
      let lattice = try FeatureLattice(
        leaves[3], outputFeatures: leaves.count > 4 ? leaves[4] : nil,
        neighborhood: c.neighborhood, normalization: c.normalization)
      return try permutohedralConv2d(
        leaves[0], lattice: lattice, weight: leaves[1], bias: leaves[2], groups: c.groups,
        sharedFilters: c.sharedFilters)
    } reference: { values in
      let weight =
        c.sharedFilters ? (0..<c.inputs).flatMap { _ in values[1] } : values[1]
      let planes = c.reference.filtered(
        values[0], features: values[3], outputFeatures: values.count > 4 ? values[4] : nil,
        weight: weight, groups: c.sharedFilters ? c.inputs : c.groups)
      let pixels = planes.count / c.outputs
      return planes.enumerated().map { $1 + values[2][$0 / pixels] }
    }
  }

  /// A lattice serves several convolutions, and images do not mix.
  @Test func imagesOfABatchDoNotMix() throws {
    var random = CounterRandom(seed: 11, purpose: .initialisation)
    let layer = try PermutohedralConv2d(
      inputChannels: 3, outputChannels: 2, featureChannels: 4, filler: .normal, random: &random)
    let input = Tensor.uniform([2, 3, 6, 5], within: 1, using: &random)
    let features = Tensor.uniform([2, 4, 6, 5], within: 1, using: &random)
    let lattice = try FeatureLattice(Variable(features))
    let both = try layer(Variable(input), lattice: lattice).value
    for n in 0..<2 {
      let own = try layer(
        Variable(input.batchSlice(n..<n + 1)), features: Variable(features.batchSlice(n..<n + 1)))
      #expect(own.value.elements == both.batchSlice(n..<n + 1).elements)
    }
    #expect(try layer(Variable(input), lattice: lattice).value.elements == both.elements)
  }

  /// Values change continuously with the features, across walls between simplices as well.
  @Test func isContinuousInTheFeatures() throws {
    var random = CounterRandom(seed: 12, purpose: .initialisation)
    let input = Variable(.uniform([1, 2, 4, 5], within: 1, using: &random))
    let start = Tensor.uniform([1, 3, 4, 5], within: 1, using: &random)
    let direction = Tensor.uniform([1, 3, 4, 5], within: 1, using: &random)
    let layer = try PermutohedralConv2d(
      inputChannels: 2, outputChannels: 2, featureChannels: 3, filler: .normal, random: &random)
    layer.weight.value = .uniform(layer.weight.shape, within: 1, using: &random)
    func output(_ step: Int) throws -> [Float] {
      let features = zip(start.elements, direction.elements).map { $0 + Float(step) * 1e-3 * $1 }
      return try layer(input, features: Variable(Tensor([1, 3, 4, 5], features))).value.elements
    }
    var last = try output(0)
    for step in 1...200 {
      let next = try output(step)
      let largest = zip(last, next).map { abs($0 - $1) }.max() ?? .infinity
      #expect(largest < 0.1, "step \(step)")
      last = next
    }
  }

  /// Many pixels: chunks and bands of the lattice's points, and any number of threads.
  @Test func equalsTheEquationOnManyPoints() throws {
    var random = CounterRandom(seed: 13, purpose: .initialisation)
    let size = Pair(31, 37)
    let c = LatticeCase(dimensions: 3, inputs: 2, outputs: 2, size: size)
    let features = c.features(size, &random)
    let spread = features.elements.map { 4 * $0 }
    // Moved away from walls once more, as the differences have grown.
    let clear = c.reference.clearance(spread.map(Double.init))
    var moved = spread
    let pixels = size.height * size.width
    for pixel in 0..<pixels where clear[pixel] < 0.002 {
      for i in 0..<3 { moved[i * pixels + pixel] = features.elements[i * pixels + pixel] }
    }
    let map = Tensor(features.shape, moved)
    let input = Tensor.uniform([1, 2, 31, 37], within: 1, using: &random)
    let lattice = try FeatureLattice(Variable(map))
    let weight = Tensor.uniform([2, 2, lattice.taps], within: 0.5, using: &random)
    let output = try permutohedralConv2d(
      Variable(input), lattice: lattice, weight: Variable(weight))
    let expected = c.reference.filtered(
      input.elements.map(Double.init), features: moved.map(Double.init),
      weight: weight.elements.map(Double.init))
    expectEqual(output.value, expected, 1e-5)
    #expect(lattice.neighborPairs > 4096)
  }

  @Test func fillersStartAsDescribed() throws {
    var random = CounterRandom(seed: 14, purpose: .initialisation)
    func weight(
      _ filler: PermutohedralFiller, groups: Int = 1, shared: Bool = false
    ) throws -> Tensor {
      try PermutohedralConv2d(
        inputChannels: 4, outputChannels: 4, featureChannels: 2, groups: groups,
        sharedFilters: shared, filler: filler, random: &random
      ).weight.value
    }
    // The centre and six neighbours at one step of one or of two directions.
    let g = LatticeReference(dimensions: 2, size: 1).gaussian.map { Float($0) }
    #expect(g[0] == 1 && g.count == 7)
    let none = [Float](repeating: 0, count: 7)
    #expect(
      try weight(.gaussian).elements
        == (0..<16).flatMap { $0 / 4 == $0 % 4 ? g : none })
    let group = g + none + none + g
    #expect(try weight(.gaussian, groups: 2).elements == group + group)
    #expect(try weight(.crf).elements == (0..<16).flatMap { $0 / 4 == $0 % 4 ? none : g })
    #expect(try weight(.gaussian, shared: true).elements == g)
    #expect(try weight(.crf, shared: true).elements == g)
    let drawn = try weight(.normal).elements
    let squares = drawn.reduce(0) { $0 + $1 * $1 } / Float(drawn.count)
    #expect(drawn.count == 112 && squares.squareRoot() > 0.0008 && squares.squareRoot() < 0.0012)
  }

  @Test func refusesWhatItCannotDo() throws {
    var random = CounterRandom(seed: 15, purpose: .initialisation)
    func made(
      inputs: Int = 2, outputs: Int = 2, features: Int = 2, neighborhood: Int = 1, groups: Int = 1,
      shared: Bool = false
    ) -> String {
      message {
        _ = try PermutohedralConv2d(
          inputChannels: inputs, outputChannels: outputs, featureChannels: features,
          neighborhood: neighborhood, groups: groups, sharedFilters: shared, random: &random)
      }
    }
    #expect(
      made(inputs: 0) == "PermutohedralConv2d: inputChannels is 0; allowed: 1 and more")
    #expect(
      made(inputs: 4, outputs: 4, groups: 3)
        == "PermutohedralConv2d: groups is 3; allowed: divisors of 4 input and 4 output channels")
    #expect(
      made(outputs: 3)
        == "PermutohedralConv2d: outputChannels is 3; allowed: 2, as many as inputChannels, with "
        + "filler gaussian")
    #expect(
      made(features: 8) == "PermutohedralConv2d: features is of 8 channels; allowed: 1 to 7")
    #expect(
      made(features: 7, neighborhood: 4)
        == "PermutohedralConv2d: neighborhood is 4; allowed: 0 to 3 with 7 feature channels")

    func built(_ features: Tensor, _ other: Tensor? = nil) -> String {
      message {
        _ = try FeatureLattice(Variable(features), outputFeatures: other.map { Variable($0) })
      }
    }
    let map = Tensor.zeros([1, 2, 4, 5])
    #expect(
      built(.zeros([2, 4, 5]))
        == "FeatureLattice: features is of shape [2, 4, 5]; allowed: [N, d, H, W], none of them 0")
    #expect(
      built(map, .zeros([1, 3, 4, 5]))
        == "FeatureLattice: outputFeatures is of shape [1, 3, 4, 5]; allowed: [1, 2, H′, W′]")
    #expect(
      built(map, Tensor(repeating: -.infinity, [1, 2, 1, 1]))
        == "FeatureLattice: outputFeatures is up to -inf; allowed: finite numbers up to "
        + "9237; divide by larger widths")
    #expect(
      built(Tensor(repeating: 20_000, [1, 2, 1, 1]))
        == "FeatureLattice: features is up to 20000.0; allowed: finite numbers up to 9237; "
        + "divide by larger widths")

    let lattice = try FeatureLattice(Variable(map))
    func applied(
      _ input: Shape, _ weight: Shape, bias: Shape? = nil, groups: Int = 1, shared: Bool = false
    ) -> String {
      message {
        _ = try permutohedralConv2d(
          Variable(.zeros(input)), lattice: lattice, weight: Variable(.zeros(weight)),
          bias: bias.map { Variable(.zeros($0)) }, groups: groups, sharedFilters: shared)
      }
    }
    #expect(
      applied([1, 3, 5, 4], [2, 3, 7])
        == "permutohedralConv2d: input is of shape [1, 3, 5, 4]; allowed: [1, C, 4, 5]")
    #expect(
      applied([1, 3, 4, 5], [2, 3, 19])
        == "permutohedralConv2d: weight is of shape [2, 3, 19]; allowed: [C′, 3, 7]")
    #expect(
      applied([1, 4, 4, 5], [3, 2, 7], groups: 2)
        == "permutohedralConv2d: weight is of shape [3, 2, 7]; allowed: [C′, 2, 7] with C′ a "
        + "multiple of 2")
    #expect(
      applied([1, 4, 4, 5], [4, 4, 7], shared: true)
        == "permutohedralConv2d: weight is of shape [4, 4, 7]; allowed: [1, 1, 7]")
    #expect(
      applied([1, 3, 4, 5], [2, 3, 7], groups: 2)
        == "permutohedralConv2d: groups is 2; allowed: divisors of the input's 3 channels")
    #expect(
      applied([1, 3, 4, 5], [2, 3, 7], bias: [3])
        == "permutohedralConv2d: bias is of shape [3]; allowed: [2]")
  }
}
