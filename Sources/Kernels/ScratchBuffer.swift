/// Memory of one worker, aligned to a cache line; it is not initialised.
final class ScratchBuffer {
  let pointer: UnsafeMutablePointer<Float>

  init(count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    pointer = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
      .bindMemory(to: Float.self, capacity: max(count, 1))
  }

  convenience init(zeros count: Int) {
    self.init(count: count)
    pointer.update(repeating: 0, count: max(count, 1))
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }
}
