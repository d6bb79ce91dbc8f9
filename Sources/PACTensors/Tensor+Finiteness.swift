import PACKernels

extension Tensor {
  /// The first element that is NaN or infinite, in row-major order.
  public struct NonFinite: Equatable, Sendable, CustomStringConvertible {
    /// Its index along each axis.
    public let index: [Int]
    /// NaN, or an infinity.
    public let value: Float

    /// `nan at [0, 2]`.
    public var description: String { "\(value) at \(index)" }
  }

  /// The first element that is NaN or infinite; nil if all are finite.
  public var firstNonFinite: NonFinite? {
    withUnsafeBufferPointer { values in
      guard let base = values.baseAddress, !areFinite(base, count: values.count),
        let position = values.firstIndex(where: { !$0.isFinite })
      else { return nil }
      var rest = position
      let index = shape.dimensions.reversed().map { extent in
        defer { rest /= extent }
        return rest % extent
      }
      return NonFinite(index: index.reversed(), value: values[position])
    }
  }
}
