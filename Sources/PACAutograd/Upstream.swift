import PACTensors

/// The gradient that reaches the result of an operation; the operation's backward pass alone sees
/// it.
public final class Upstream {
  /// The gradient, of the result's shape.
  public private(set) var gradient: Tensor

  /// Takes what has gathered at a result; nil if nothing has.
  ///
  /// Nobody else then refers to the memory, and `inPlace` changes it without a copy.
  init?(takenFrom sink: GradientSink) {
    guard let gradient = sink.takeGradient() else { return nil }
    self.gradient = gradient
  }

  /// The only element, where the result is one number.
  public var scalar: Float { gradient.scalar }

  /// The same memory for a kernel that changes the gradient in place.
  public var inPlace: InPlace { InPlace(upstream: self) }

  /// Memory that a kernel reads and writes.
  public struct InPlace: KernelArgument {
    fileprivate let upstream: Upstream

    /// The address of the first element.
    public func openMemory() -> UnsafeMutablePointer<Float> {
      upstream.gradient.writableBuffer().base
    }

    /// Nothing is left to do.
    public func closeMemory() {}
  }
}

extension Upstream: KernelArgument {
  /// The address of the first element, for reading.
  public func openMemory() -> UnsafePointer<Float> { gradient.openMemory() }

  /// Keeps the memory until the kernel has returned.
  public func closeMemory() { gradient.closeMemory() }
}
