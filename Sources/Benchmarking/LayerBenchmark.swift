import Autograd
import Layers
import Tensors

extension BenchmarkCase {
  /// Single PAC convolutions over channels, window and dilation.
  ///
  /// Names `conv-c32-k5-d4`, with `-backward` for all gradients.
  static let layers: [BenchmarkCase] = {
    let shapes: [(channels: Int, kernel: Int, dilation: Int)] =
      [4, 16, 32, 64, 128, 256, 512].map { ($0, 3, 1) } + [4, 16, 32, 64, 128].map { ($0, 5, 1) }
      + [16, 64].map { ($0, 7, 1) } + [4, 16, 64].map { (21, 5, $0) }
      + [2, 8, 64].map { (64, 3, $0) }
    return shapes.flatMap { shape in
      [false, true].map { layer(shape.channels, shape.kernel, shape.dilation, backward: $0) }
    }
  }()

  /// The size at which a layer of so many channels is measured: enough work to time, not more.
  private static func size(_ channels: Int) -> Int {
    switch channels {
    case ...32: 384
    case ...128: 192
    default: 96
    }
  }

  private static func layer(
    _ channels: Int, _ kernel: Int, _ dilation: Int, backward: Bool
  ) -> BenchmarkCase {
    let size = size(channels)
    let name = "conv-c\(channels)-k\(kernel)-d\(dilation)\(backward ? "-backward" : "")"
    let what = backward ? "forward and all gradients" : "forward"
    return BenchmarkCase(
      name: name,
      summary: "PacConv2d \(channels)→\(channels), \(kernel)×\(kernel), dilation \(dilation), "
        + "\(size)×\(size), \(what)"
    ) {
      var random = CounterRandom(seed: 0, purpose: .synthetic)
      let shape: Shape = [1, channels, size, size]
      let input = Tensor.uniform(shape, within: 1, using: &random)
      let guide = Tensor.uniform([1, 3, size, size], within: 1, using: &random)
      let weight = Tensor.uniform([channels, channels, kernel, kernel], within: 1, using: &random)
      let window = PacWindow(
        kernelSize: Pair(kernel), padding: Pair(kernel / 2 * dilation), dilation: Pair(dilation))
      let operations = 2 * Double(weight.count) * Double(size * size) * (backward ? 3 : 1)
      return Work(usefulOperations: operations) {
        let tape = backward ? Tape() : nil
        let output = try pacconv2d(
          Variable(input, tape: tape, needsGradient: true),
          adapting: .guide(Variable(guide, tape: tape, needsGradient: true)),
          weight: Variable(weight, tape: tape, needsGradient: true), window: window)
        tape?.backward(from: output, gradient: output.value)
      }
    }
  }
}
