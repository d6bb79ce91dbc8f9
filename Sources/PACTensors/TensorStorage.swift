import PACKernels

/// Owns one block of memory, aligned to a cache line, and frees it once.
///
/// Only `Tensor` touches it, under the rules that make tensors values: memory that more than one
/// tensor can see is never written.
final class TensorStorage {
  let base: UnsafeMutablePointer<Float>
  private let memory: AlignedMemory

  init(capacity: Int) {
    memory = AlignedMemory(count: capacity)
    base = memory.base
  }

  deinit { memory.deallocate() }
}
