/// Owns one block of memory, aligned to a cache line, and frees it once.
///
/// Only `Tensor` touches it, under the rules that make tensors values: memory that more than one
/// tensor can see is never written.
final class TensorStorage {
  let base: UnsafeMutablePointer<Float>
  let capacity: Int

  init(capacity: Int) {
    let bytes = max(capacity, 1) * MemoryLayout<Float>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    self.base = raw.bindMemory(to: Float.self, capacity: max(capacity, 1))
    self.capacity = capacity
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }
}
