import Glibc

/// A block of floats that begins at a cache line.
///
/// The line is found within a plain allocation rather than asked of the allocator: for an aligned
/// block glibc 2.36 looks for room for block and alignment, so that a block just freed never serves
/// the next request of its size, and the heap of a program that frees and allocates tensors grows
/// to several times what is alive.
public struct AlignedMemory {
  /// The first element.
  public let base: UnsafeMutablePointer<Float>
  private let block: UnsafeMutableRawPointer

  private static let line = 64

  /// Allocates room for `count` floats, not initialised; `deallocate` must follow.
  ///
  /// Ends the process with one line if there is no memory.
  public init(count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    guard let block = malloc(bytes + Self.line) else {
      OutOfMemory.end(allocating: bytes, for: "a tensor or a kernel")
    }
    self.block = block
    base = block.alignedUp(toMultipleOf: Self.line)
      .bindMemory(to: Float.self, capacity: max(count, 1))
  }

  /// Gives the memory back.
  public func deallocate() { free(block) }
}
