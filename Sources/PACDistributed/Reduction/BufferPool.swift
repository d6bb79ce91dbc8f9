import PACTensors

/// A pool of vectors of one length, so that each step reuses the memory of the previous one.
final class BufferPool {
  private let count: Int
  private var unused: [FlatBuffer] = []

  /// Makes an empty pool of vectors of `count` elements.
  init(count: Int) { self.count = count }

  /// A vector with arbitrary contents.
  func take() -> FlatBuffer { unused.popLast() ?? FlatBuffer(count: count) }

  /// A vector of zeros.
  func takeZeros() -> FlatBuffer {
    let buffer = take()
    buffer.clear()
    return buffer
  }

  /// Returns vectors that are no longer read or written.
  func put(_ buffers: [FlatBuffer]) { unused += buffers }
}
