import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

/// Convolutions whose activations stay in blocks of channels, bit for bit against the same layers
/// applied one by one.
@Suite struct ConsecutiveConvolutionsTests {
  /// A network's layers, twice: so that each has gradients of its own.
  private struct Case: CustomStringConvertible {
    var description = ""
    var input = Tensor.zeros([1])
    var needsInputGradient = true
    var activation = Activation.identity
    var layers: ([Conv2d], [Conv2d]) = ([], [])

    /// Draws layers that fit each other.
    init(_ random: inout CounterRandom) throws {
      func pick<T>(_ choices: [T], _ random: inout CounterRandom) -> T {
        choices[min(Int(random.uniform() * Float(choices.count)), choices.count - 1)]
      }
      func pair(_ choices: [Int], _ random: inout CounterRandom) -> Pair {
        Pair(pick(choices, &random), pick(choices, &random))
      }
      repeat {
        var channels = pick([1, 3, 16, 20, 32], &random)
        input = .uniform(
          [
            pick([1, 2], &random), channels, pick([9, 12, 17, 23], &random),
            pick([8, 11, 19, 33], &random),
          ], within: 1, using: &random)
        needsInputGradient = pick([true, false], &random)
        activation = pick([.identity, .rectified], &random)
        layers = ([], [])
        description = "input \(input.shape), gradient \(needsInputGradient), \(activation)"
        for _ in 0..<pick([1, 2, 3, 4], &random) {
          let outputs = pick([1, 2, 8, 16, 24, 20, 32, 48], &random)
          let size = pair([1, 3, 5], &random)
          let weight = Tensor.uniform(
            [outputs, channels, size.height, size.width], within: 0.3, using: &random)
          let bias =
            pick([true, false], &random)
            ? Tensor.uniform([outputs], within: 0.3, using: &random) : nil
          let (stride, padding, dilation) = (
            pair([1, 1, 2], &random), pair([0, 1, 2, 3], &random), pair([1, 1, 2], &random)
          )
          let isTrainable = (pick([true, true, false], &random), pick([true, false], &random))
          func layer() -> Conv2d {
            let layer = Conv2d(
              weight: weight, bias: bias, stride: stride, padding: padding, dilation: dilation)
            layer.weight.isTrainable = isTrainable.0
            layer.bias?.isTrainable = isTrainable.1
            return layer
          }
          layers.0.append(layer())
          layers.1.append(layer())
          description +=
            "; \(weight.shape) stride \(stride) padding \(padding) dilation \(dilation) "
            + "bias \(bias != nil) trainable \(isTrainable)"
          channels = outputs
        }
      } while (try? outputLayouts(of: layers.0, input: input.shape)) == nil
    }
  }

  private func bits(_ tensor: Tensor?) -> [UInt32]? { tensor?.elements.map(\.bitPattern) }

  private func expectSameBits(_ c: Case, seed: UInt64, _ random: inout CounterRandom) throws {
    let comment = Comment(rawValue: "seed \(seed): \(c)")
    func run(
      _ upstream: Tensor?, _ apply: (Variable) throws -> Variable
    ) throws -> (output: Tensor, inputGradient: Tensor?) {
      let tape = Tape()
      let input = Variable(c.input, tape: tape, needsGradient: c.needsInputGradient)
      let output = try apply(input)
      #expect(tape.count <= c.layers.0.count, comment)
      let gradient = upstream ?? .zeros(output.value.shape)
      if tape.count > 0 { tape.backward(from: output, gradient: gradient) }
      return (output.value, input.gradient)
    }
    let shape = try consecutiveConv2d(Variable(c.input), c.layers.0, activation: c.activation)
    let upstream = Tensor.uniform(shape.value.shape, within: 1, using: &random)
    let chain = try run(upstream) {
      try consecutiveConv2d($0, c.layers.0, activation: c.activation)
    }
    let single = try run(upstream) { input in
      var x = input
      for (number, layer) in c.layers.1.enumerated() {
        let isLast = number + 1 == c.layers.1.count
        x = try layer(x, activation: isLast ? c.activation : .rectified)
      }
      return x
    }
    #expect(chain.output.shape == single.output.shape, comment)
    #expect(bits(chain.output) == bits(single.output), comment)
    // Without a tape.
    #expect(bits(shape.value) == bits(single.output), comment)
    #expect(bits(chain.inputGradient) == bits(single.inputGradient), comment)
    for (a, b) in zip(c.layers.0, c.layers.1) {
      #expect(bits(a.weight.gradient) == bits(b.weight.gradient), comment)
      #expect(bits(a.bias?.gradient) == bits(b.bias?.gradient), comment)
    }
  }

  @Test func equalTheLayersOneByOne() throws {
    let seed = UInt64.random(in: 0...(.max))
    var random = CounterRandom(seed: seed, purpose: .synthetic)
    var inBlocks = 0
    for _ in 0..<150 {
      let c = try Case(&random)
      inBlocks += try outputLayouts(of: c.layers.0, input: c.input.shape)
        .count { $0 != .rowMajor }
      try expectSameBits(c, seed: seed, &random)
    }
    // Otherwise nothing was compared with anything else.
    #expect(inBlocks > 0, "seed \(seed)")
  }

  /// The guide branch of PacJointUpsample ×8.
  @Test func allButTheLastOutputLieInBlocks() throws {
    var random = CounterRandom(seed: 1, purpose: .initialisation)
    let layers = [(3, 32), (32, 32), (32, 48)].map {
      Conv2d(
        inputChannels: $0, outputChannels: $1, kernelSize: 5, padding: 2, random: &random)
    }
    let layouts = try outputLayouts(of: layers, input: [1, 3, 64, 64])
    #expect(layouts[0] != .rowMajor && layouts[0] == layouts[1])
    #expect(layouts[2] == .rowMajor)
  }

  @Test(arguments: [8, 16]) func blocksHoldTheChannelsOfAPixel(size: Int) throws {
    var random = CounterRandom(seed: 2, purpose: .initialisation)
    let input = Variable(.uniform([2, 3, 5, 7], within: 1, using: &random))
    let layer = Conv2d(inputChannels: 3, outputChannels: 32, kernelSize: 3, random: &random)
    let plain = try layer(input).value
    let blocked = try layer(input, outputLayout: .channelBlocks(size)).value
    #expect(blocked.shape == [2, 32 / size, 3, 5, size])
    let (rows, blocks) = (plain.elements, blocked.elements)
    for (i, value) in blocks.enumerated() {
      let pixel = i / size % 15
      let channel = i / (size * 15) % (32 / size) * size + i % size
      #expect(value == rows[(i / (32 * 15) * 32 + channel) * 15 + pixel])
    }
  }
}
