import PACAutograd
import PACLayers
import PACTensors

/// Convolutions one after another: a ReLU between any two and none after the last.
struct ConvolutionBranch {
  private let layers: [Conv2d]
  private let names: [String]
  /// How many rows above and below a row its values depend on.
  let reach: Int
  /// The most numbers a pixel takes while two neighbouring layers are at work.
  let floatsPerPixel: Int

  /// One convolution of a branch.
  struct Layer {
    let name: String
    let outputChannels: Int
    let kernelSize: Int
    let padding: Int
  }

  /// Makes a branch; weights start as PyTorch's.
  init(inputChannels: Int, _ layers: [Layer], random: inout CounterRandom) {
    let widths = [inputChannels] + layers.map(\.outputChannels)
    self.layers = zip(widths, layers).map { inputs, layer in
      Conv2d(
        inputChannels: inputs, outputChannels: layer.outputChannels,
        kernelSize: Pair(layer.kernelSize), padding: Pair(layer.padding), random: &random)
    }
    names = layers.map(\.name)
    reach = layers.reduce(0) { $0 + $1.kernelSize / 2 }
    // Input and output, and at most both once more in the layouts oneDNN prefers.
    floatsPerPixel = 2 * (zip(widths, widths.dropFirst()).map(+).max() ?? 0)
  }

  /// Every parameter by its published name.
  var parameters: [(name: String, parameter: Parameter)] {
    zip(names, layers).flatMap { $1.parameters($0) }
  }

  func callAsFunction(_ input: Variable) throws -> Variable {
    try consecutiveConv2d(input, layers, activation: .identity)
  }
}
