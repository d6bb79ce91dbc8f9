import Autograd
import Layers
import Tensors

/// A network that enlarges a low-resolution map with the help of a high-resolution image.
public protocol JointUpsampler {
  /// How many times larger the output is than the input, along each axis.
  var factor: Int { get }

  /// Every parameter by its published name, in the order of the published checkpoints.
  var parameters: [(name: String, parameter: Parameter)] { get }

  /// Enlarges a map.
  /// - Parameters:
  ///   - low: [N, C, h, w], normalised; its channels are treated one by one.
  ///   - guide: [N, 3, h·factor, w·factor], colours in 0…1.
  /// - Returns: [N, C, h·factor, w·factor].
  /// - Throws: `LayerError` if the shapes do not fit.
  func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable
}
