import PACAutograd
import PACKernels
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

  /// Predicted filters: a doubling of KernelPredictionUpsample, as many windows of 5×5 as a PAC layer
  /// of the upsampler has, and 21×21 on three channels as published for denoising.
  ///
  /// The names are `dynamic-c32-k3-u2`, with `-backward` for the computation of both gradients and
  /// `-copy` for a plain copy that moves as many bytes as the layer's forward pass must.
  static let predictedFilters: [BenchmarkCase] = [
    PredictedFilterLayer(channels: 32, kernel: 3, upsample: 2, size: 128),
    PredictedFilterLayer(channels: 32, kernel: 5, upsample: 1, size: 256),
    PredictedFilterLayer(channels: 3, kernel: 21, upsample: 1, size: 256),
  ]
  .flatMap(\.benchmarks)

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

/// Filters predicted for each pixel and normalized by a softmax, one for all channels of a square
/// map.
private struct PredictedFilterLayer {
  let channels: Int
  let kernel: Int
  let upsample: Int
  /// Rows and columns of the input.
  let size: Int

  var benchmarks: [BenchmarkCase] {
    let name = "dynamic-c\(channels)-k\(kernel)-u\(upsample)"
    return [
      benchmark(name, backward: false), benchmark("\(name)-backward", backward: true),
      copy("\(name)-copy"),
    ]
  }

  private var input: Shape { [1, channels, size, size] }
  private var filters: Shape { [1, kernel * kernel, upsample * size, upsample * size] }
  private var output: Shape { [1, channels, upsample * size, upsample * size] }

  private func benchmark(_ name: String, backward: Bool) -> BenchmarkCase {
    BenchmarkCase(
      name: name,
      summary: "predicted filters \(kernel)×\(kernel), softmax, \(channels) channels, "
        + "\(size)×\(size) to \(upsample * size)×\(upsample * size), "
        + (backward ? "forward and both gradients" : "forward")
    ) {
      var random = CounterRandom(seed: 0, purpose: .synthetic)
      let v = Tensor.uniform(input, within: 1, using: &random)
      let w = Tensor.uniform(filters, within: 1, using: &random)
      let operations = 2 * Double(channels * filters.count) * (backward ? 3 : 1)
      return BenchmarkCase.Work(usefulOperations: operations) {
        let tape = backward ? Tape() : nil
        let result = try dynamicFilter(
          Variable(v, tape: tape, needsGradient: true),
          filters: Variable(w, tape: tape, needsGradient: true), kernelSize: Pair(kernel),
          upsample: upsample, normalization: .softmax)
        tape?.backward(from: result, gradient: result.value)
      }
    }
  }

  private func copy(_ name: String) -> BenchmarkCase {
    let bytes = 4 * (input.count + filters.count + output.count)
    return BenchmarkCase(name: name, summary: "plain copy that moves \(bytes) bytes") {
      // Every float copied is read and written.
      let length = bytes / 8
      let source = Tensor(repeating: 1, [length])
      let blocks = 64
      let runs = BlockCopy(
        outer: blocks, length: length / blocks, from: .init(outerStride: length / blocks),
        to: .init(outerStride: length / blocks))
      return BenchmarkCase.Work(usefulOperations: 0) {
        _ = Tensor([length], from: source) { y, x in runs.copy(x, to: y) }
      }
    }
  }
}
