import PACTensors

/// Vectors of one length that are used again and again: a step takes the memory the step before has
/// left.
final class BufferPool {
  private let count: Int
  private var unused: [FlatBuffer] = []

  /// Makes an empty pool of vectors of `count` elements.
  init(count: Int) { self.count = count }

  /// A vector with any contents.
  func take() -> FlatBuffer { unused.popLast() ?? FlatBuffer(count: count) }

  /// A vector of zeros.
  func takeZeros() -> FlatBuffer {
    let buffer = take()
    buffer.clear()
    return buffer
  }

  /// Takes back vectors that nobody reads or writes any more.
  func put(_ buffers: [FlatBuffer]) { unused += buffers }
}
