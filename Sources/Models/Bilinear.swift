import Autograd
import Layers
import Tensors

/// Bilinear interpolation, which looks at no guide: the baseline every network has to beat.
public struct Bilinear: JointUpsampler {
  public let factor: Int

  /// Makes the baseline.
  public init(factor: Int) { self.factor = factor }

  public var parameters: [(name: String, parameter: Parameter)] { [] }

  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    let shape = low.value.shape
    return resizeBilinear(low, height: shape.height * factor, width: shape.width * factor)
  }
}
