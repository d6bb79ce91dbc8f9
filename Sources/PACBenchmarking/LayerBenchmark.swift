import PACAutograd
import PACLayers
import PACTensors

extension BenchmarkCase {
  /// Single PAC convolutions with various channels, windows and dilations.
  ///
  /// The names are `conv-c32-k5-d4`, with `-backward` for the computation of all gradients.
  static let layers: [BenchmarkCase] = {
    let shapes: [(channels: Int, kernel: Int, dilation: Int)] =
      [4, 16, 32, 64, 128, 256, 512].map { ($0, 3, 1) } + [4, 16, 32, 64, 128].map { ($0, 5, 1) }
      + [16, 64].map { ($0, 7, 1) } + [4, 16, 64].map { (21, 5, $0) }
      + [2, 8, 64].map { (64, 3, $0) }
    return shapes.flatMap { shape in
      let (channels, kernel, dilation) = shape
      return SquareLayer(
        channels: channels, kernel: kernel, dilation: dilation, size: size(channels)
      ).benchmarks("conv-c\(channels)-k\(kernel)-d\(dilation)")
    }
  }()

  /// Layers with groups, of 8 channels each and depthwise, and for comparison the depthwise layer
  /// with one filter for all channels.
  ///
  /// Their useful operations are those of the groups; `conv-c64-k3-d1` and `conv-c64-k5-d1` are the
  /// same layers without.
  static let groupedLayers: [BenchmarkCase] = [3, 5].flatMap { kernel in
    [8, 64].flatMap { groups in
      SquareLayer(channels: 64, kernel: kernel, size: 192, groups: groups)
        .benchmarks("conv-c64-k\(kernel)-d1-g\(groups)")
    }
      + SquareLayer(channels: 64, kernel: kernel, size: 192, sharedFilters: true)
      .benchmarks("conv-c64-k\(kernel)-d1-shared")
  }

  /// The size at which a layer with so many channels is measured: just enough work to time.
  private static func size(_ channels: Int) -> Int {
    switch channels {
    case ...32: 384
    case ...128: 192
    default: 96
    }
  }

  /// The PAC layers of fcn8spac at a crop of 449×449: conv3_3, conv4_3 and conv5_3.
  ///
  /// The poolings before them, which round up, leave a quarter, an eighth and a sixteenth of the
  /// crop. The guidance is conv2_2's output times 10⁻⁴, so K is close to 1.
  static let fcn8sLayers: [BenchmarkCase] = [(3, 256, 113), (4, 512, 57), (5, 512, 29)].flatMap {
    (block, channels, size) in
    SquareLayer(
      channels: channels, kernel: 3, size: size, guideChannels: 128, guideRange: 1e-4
    ).benchmarks("fcn8s-conv\(block)")
  }

  /// One layer at growing sizes: time and memory should grow no faster than the number of pixels.
  static let scaling: [BenchmarkCase] = [512, 1024, 2048].map { size in
    SquareLayer(channels: 16, kernel: 5, dilation: 4, size: size)
      .benchmark("scale-\(size)", backward: true)
  }
}

/// A PAC convolution with equal input and output channels that preserves the size of a square
/// image.
private struct SquareLayer {
  var channels: Int
  var kernel: Int
  var dilation = 1
  var size: Int
  var groups = 1
  var sharedFilters = false
  var guideChannels = 3
  /// The guidance is uniformly distributed between − and + this value.
  var guideRange: Float = 1

  /// Two cases: `name` for forward only, and `name`-backward with all gradients.
  func benchmarks(_ name: String) -> [BenchmarkCase] {
    [benchmark(name, backward: false), benchmark("\(name)-backward", backward: true)]
  }

  func benchmark(_ name: String, backward: Bool) -> BenchmarkCase {
    let what = backward ? "forward and all gradients" : "forward"
    let channelwise = sharedFilters ? ", one filter for all channels" : ""
    let divided = groups > 1 ? ", \(groups) groups" : channelwise
    return BenchmarkCase(
      name: name,
      summary: "PacConv2d \(channels)→\(channels), \(kernel)×\(kernel), dilation \(dilation), "
        + "\(size)×\(size)\(divided), \(what)"
    ) {
      var random = CounterRandom(seed: 0, purpose: .synthetic)
      let input = Tensor.uniform([1, channels, size, size], within: 1, using: &random)
      let guide = Tensor.uniform(
        [1, guideChannels, size, size], within: guideRange, using: &random)
      let filters: Shape =
        sharedFilters
        ? [1, 1, kernel, kernel] : [channels, channels / groups, kernel, kernel]
      let weight = Tensor.uniform(filters, within: 1, using: &random)
      let window = PacWindow(
        kernelSize: Pair(kernel), padding: Pair(kernel / 2 * dilation), dilation: Pair(dilation))
      let weights = sharedFilters ? channels * weight.count : weight.count
      let operations = 2 * Double(weights) * Double(size * size) * (backward ? 3 : 1)
      return BenchmarkCase.Work(usefulOperations: operations) {
        let tape = backward ? Tape() : nil
        let output = try pacconv2d(
          Variable(input, tape: tape, needsGradient: true),
          adapting: .guide(Variable(guide, tape: tape, needsGradient: true)),
          weight: Variable(weight, tape: tape, needsGradient: true), window: window,
          groups: groups, sharedFilters: sharedFilters)
        tape?.backward(from: output, gradient: output.value)
      }
    }
  }
}
