import Glibc

/// A block of floats that begins at a cache line.
///
/// Large blocks are those of `KeptBlocks`. In others the line is found within a plain allocation
/// rather than asked of the allocator: for an aligned block glibc 2.36 looks for room for block and
/// alignment, so that a block just freed never serves the next request of its size, and the heap of
/// a program that frees and allocates tensors grows to several times what is alive.
public struct AlignedMemory {
  /// The first element.
  public let base: UnsafeMutablePointer<Float>
  private let origin: Origin

  private enum Origin {
    case heap(UnsafeMutableRawPointer)
    case kept(KeptBlocks.Block)
  }

  private static let line = 64

  /// Allocates room for `count` floats, not initialised; `deallocate` must follow.
  ///
  /// Ends the process with one line if there is no memory.
  public init(count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    guard let (start, origin) = Self.allocate(bytes) else {
      OutOfMemory.end(allocating: bytes, for: "a tensor or a kernel")
    }
    self.origin = origin
    base = start.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  private static func allocate(_ bytes: Int) -> (UnsafeMutableRawPointer, Origin)? {
    if bytes >= KeptBlocks.smallest {
      return KeptBlocks.shared.take(bytes).map { ($0.start, .kept($0)) }
    }
    var block = malloc(bytes + line)
    // What is kept counts towards the limits of this process.
    if block == nil, KeptBlocks.shared.release() { block = malloc(bytes + line) }
    return block.map { ($0.alignedUp(toMultipleOf: line), .heap($0)) }
  }

  /// Gives the memory back.
  public func deallocate() {
    switch origin {
    case .heap(let block): free(block)
    case .kept(let block): KeptBlocks.shared.give(block)
    }
  }
}
