import PACKernels

extension Tensor {
  /// Adds the elements of `other` to this tensor's.
  ///
  /// Works in place unless another tensor sees the memory.
  /// - Precondition: equal counts.
  public mutating func add(_ other: Tensor) {
    precondition(other.count == count, "cannot add \(other.shape) to \(shape)")
    withUnsafeMutableBufferPointer { target in
      other.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        accumulate(from, into: to, count: target.count)
      }
    }
  }
}
