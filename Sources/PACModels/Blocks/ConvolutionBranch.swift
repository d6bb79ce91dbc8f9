import PACAutograd
import PACLayers
import PACTensors

/// A sequence of convolutions with a ReLU between them and none after the last.
struct ConvolutionBranch {
  private let layers: [Conv2d]
  private let names: [String]
  /// The receptive field: how many rows above and below a row its values depend on.
  let reach: Int
  /// The most floats per pixel that any layer needs.
  let floatsPerPixel: Int

  /// One convolution of a branch.
  struct Layer {
    let name: String
    let outputChannels: Int
    let kernelSize: Int
    let padding: Int
  }

  /// Makes a branch with PyTorch's initial weights.
  init(inputChannels: Int, _ layers: [Layer], random: inout CounterRandom) {
    let widths = [inputChannels] + layers.map(\.outputChannels)
    self.layers = zip(widths, layers).map { inputs, layer in
      Conv2d(
        inputChannels: inputs, outputChannels: layer.outputChannels,
        kernelSize: Pair(layer.kernelSize), padding: Pair(layer.padding), random: &random)
    }
    names = layers.map(\.name)
    reach = layers.reduce(0) { $0 + $1.kernelSize / 2 }
    // Input and output, and at most a copy of each in oneDNN's preferred layouts.
    floatsPerPixel = 2 * (zip(widths, widths.dropFirst()).map(+).max() ?? 0)
  }

  /// Makes a branch `name.conv1`, `name.conv2`, … that keeps the size, with PyTorch's initial
  /// weights.
  /// - Parameters:
  ///   - name: what its layers' names begin with.
  ///   - channels: the channels of the input and of each layer's output.
  ///   - filterSize: the rows and columns of its filters, odd.
  ///   - random: draws the weights.
  init(_ name: String, _ channels: [Int], filterSize: Int, random: inout CounterRandom) {
    let layers = channels.dropFirst().enumerated().map { number, outputs in
      Layer(
        name: "\(name).conv\(number + 1)", outputChannels: outputs, kernelSize: filterSize,
        padding: filterSize / 2)
    }
    self.init(inputChannels: channels[0], layers, random: &random)
  }

  /// All parameters by their published names.
  var parameters: [(name: String, parameter: Parameter)] {
    zip(names, layers).flatMap { $1.parameters($0) }
  }

  func callAsFunction(_ input: Variable) throws -> Variable {
    try consecutiveConv2d(input, layers, activation: .identity)
  }
}
