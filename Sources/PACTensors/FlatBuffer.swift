/// A block of floats at a fixed address, which all who hold it read and write.
///
/// A tensor is a value whose memory moves when a shared copy is written; gradients and parameters
/// that travel while the program computes need memory that stays. Who may write which elements at
/// what time is up to the holders.
public final class FlatBuffer {
  /// The number of elements.
  public let count: Int
  let storage: TensorStorage

  /// Allocates room for `count` elements, not initialised.
  public init(count: Int) {
    self.count = count
    storage = TensorStorage(capacity: count)
  }

  init(_ storage: TensorStorage, count: Int) {
    self.count = count
    self.storage = storage
  }

  /// Allocates `count` zeros.
  public convenience init(zeros count: Int) {
    self.init(count: count)
    clear()
  }

  /// The first element; valid as long as the buffer lives.
  public var base: UnsafeMutablePointer<Float> { storage.base }

  /// Sets every element to 0.
  public func clear() { base.update(repeating: 0, count: count) }
}

extension FlatBuffer: KernelArgument {
  /// The address of the first element, for reading and writing.
  public func openMemory() -> UnsafeMutablePointer<Float> { base }

  /// Keeps the memory until the kernel has returned.
  public func closeMemory() { withExtendedLifetime(self) {} }
}
