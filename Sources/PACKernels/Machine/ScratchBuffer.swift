/// Memory of one worker, aligned to a cache line; it is not initialised.
final class ScratchBuffer {
  let pointer: UnsafeMutablePointer<Float>
  private let memory: AlignedMemory

  init(count: Int) {
    memory = AlignedMemory(count: count)
    pointer = memory.base
  }

  convenience init(zeros count: Int) {
    self.init(count: count)
    pointer.update(repeating: 0, count: max(count, 1))
  }

  deinit { memory.deallocate() }
}
