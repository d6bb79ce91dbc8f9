import PACKernels

extension Tensor {
  /// Adds the elements of `other` to this tensor's.
  ///
  /// Works in place unless another tensor sees the memory.
  /// - Precondition: equal counts.
  public mutating func add(_ other: Tensor) {
    demand(other.count == count, "cannot add \(other.shape) to \(shape)")
    let target = writableBuffer()
    withMemory(of: other) { accumulate($0, into: target.base, count: other.count) }
  }
}
