import PACAutograd
import PACLayers
import PACTensors

/// A sequence of convolutions of odd size that keep a map's size, each with a PReLU.
struct PReluBranch {
  private var layers: [(name: String, convolution: Conv2d, rectifier: PRelu?)] = []
  /// How many rows above and below a row its values depend on.
  private(set) var reach = 0
  /// The most floats per pixel that any layer needs.
  private(set) var floatsPerPixel = 0

  /// Appends a convolution.
  /// - Parameters:
  ///   - name: the name of its parameters.
  ///   - weight: its first weights, [C′, C, k, k].
  ///   - rectified: whether a PReLU follows.
  mutating func append(_ name: String, weight: Tensor, rectified: Bool = true) {
    let (shape, outputs) = (weight.shape, weight.shape[0])
    let convolution = Conv2d(
      weight: weight, bias: .zeros([outputs]), padding: Pair(shape[2] / 2))
    layers.append((name, convolution, rectified ? PRelu(channels: outputs) : nil))
    reach += shape[2] / 2
    // Input and output, and at most a copy of each in oneDNN's preferred layouts.
    floatsPerPixel = max(floatsPerPixel, 2 * (shape[0] + shape[1]))
  }

  /// One after the other.
  static func + (a: PReluBranch, b: PReluBranch) -> PReluBranch {
    var both = a
    both.layers += b.layers
    both.reach += b.reach
    both.floatsPerPixel = max(a.floatsPerPixel, b.floatsPerPixel)
    return both
  }

  /// `NAME.weight`, `NAME.bias` and `NAME.slope` of every layer.
  var parameters: [(name: String, parameter: Parameter)] {
    layers.flatMap { name, convolution, rectifier in
      convolution.parameters(name) + (rectifier.map { [("\(name).slope", $0.slopes)] } ?? [])
    }
  }

  /// Applies the layers, to large maps in bands of rows.
  /// - Parameter inputs: maps of one size, [N, Cₖ, H, W], whose channels are concatenated.
  /// - Returns: [N, C′, H, W].
  /// - Throws: `LayerError` if the channels do not fit.
  func callAsFunction(_ inputs: Variable...) throws -> Variable {
    let bands = RowBands(inputs[0], multipleOf: 1, reach: reach, floatsPerPixel: floatsPerPixel)
    return try bands { band in
      let parts = inputs.map { $0.rows(band.padded) }
      var x = parts.count == 1 ? parts[0] : concatenated(parts)
      for (_, convolution, rectifier) in layers {
        x = try convolution(x)
        if let rectifier { x = try rectifier(x) }
      }
      return [x.rows(band.inner)]
    }[0]
  }
}
