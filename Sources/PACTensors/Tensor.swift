/// A dense array of `Float`, row-major, with value semantics.
///
/// Copies and slices share memory until one of them is written; the writer then takes a copy of its
/// own elements first. A tensor can therefore be sent to another thread, and a slice of a flat
/// parameter buffer stays what it was when the buffer is updated.
///
/// Image batches are `[N, C, H, W]`. Elements are 32-bit floats; layers reach them only through
/// `withMemory` and `init(_:from:compute:)`, so that a second element type changes this target and
/// the kernels, not the layers.
///
/// `@unchecked Sendable`: memory visible through more than one tensor is never written, see
/// `withUnsafeMutableBufferPointer`; `writableBuffer()` leaves that to its caller.
public struct Tensor: @unchecked Sendable {
  /// The extents, outermost first.
  public private(set) var shape: Shape
  private var storage: TensorStorage
  private var offset: Int

  /// Makes a tensor and fills it through `initialize`, which must write every element.
  public init(
    _ shape: Shape, initializingWith initialize: (UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    self.shape = shape
    self.storage = TensorStorage(capacity: shape.count)
    self.offset = 0
    try initialize(UnsafeMutableBufferPointer(start: storage.base, count: shape.count))
  }

  /// Makes a tensor whose elements all equal `value`.
  public init(repeating value: Float, _ shape: Shape) {
    self.init(shape) { $0.update(repeating: value) }
  }

  /// Makes a tensor of zeros.
  public static func zeros(_ shape: Shape) -> Tensor { Tensor(repeating: 0, shape) }

  /// Makes a tensor from its elements in row-major order.
  /// - Precondition: as many elements as the shape holds.
  public init(_ shape: Shape, _ elements: some Collection<Float>) {
    demand(
      elements.count == shape.count, "\(elements.count) elements given for shape \(shape)")
    self.init(shape) { _ = $0.update(fromContentsOf: elements) }
  }

  /// Makes a tensor without axes from one number.
  public init(scalar: Float) { self.init([], [scalar]) }

  /// Makes a tensor of a buffer's elements; shares the memory, so that nobody may write to the
  /// buffer any more.
  public init(taking buffer: FlatBuffer) {
    shape = [buffer.count]
    storage = buffer.storage
    offset = 0
  }

  /// The number of elements.
  public var count: Int { shape.count }

  /// The elements in row-major order, copied.
  public var elements: [Float] { withUnsafeBufferPointer(Array.init) }

  /// The only element.
  /// - Precondition: the tensor holds exactly one.
  public var scalar: Float {
    demand(count == 1, "a tensor of shape \(shape) is no scalar")
    return storage.base[offset]
  }

  /// Calls `body` with the elements in row-major order; the pointer is valid only during the call.
  public func withUnsafeBufferPointer<R>(
    _ body: (UnsafeBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: storage.base + offset, count: count))
  }

  /// Calls `body` with the elements for reading and writing.
  ///
  /// Copies the elements first if any other tensor, or a slice of this one, can see them.
  public mutating func withUnsafeMutableBufferPointer<R>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> R
  ) rethrows -> R {
    if !isKnownUniquelyReferenced(&storage) {
      self = withUnsafeBufferPointer { Tensor(shape, $0) }
    }
    return try body(UnsafeMutableBufferPointer(start: storage.base + offset, count: count))
  }

  /// This tensor's memory, for writers that go on after the call.
  ///
  /// Copies the elements first if any other tensor can see them. As long as somebody holds the
  /// buffer, it is written through the buffer alone, and no element is read, here or through a
  /// slice, that may still be written.
  public mutating func writableBuffer() -> FlatBuffer {
    if !isKnownUniquelyReferenced(&storage) || offset != 0 {
      self = withUnsafeBufferPointer { Tensor(shape, $0) }
    }
    return FlatBuffer(storage, count: count)
  }

  /// Takes over another tensor's shape and elements, in the memory at hand if these are as many and
  /// no other tensor sees it.
  ///
  /// Memory that a process touches for the first time costs more than copying to it.
  public mutating func copy(from source: Tensor) {
    guard source.count == count, isKnownUniquelyReferenced(&storage) else {
      self = source.withUnsafeBufferPointer { Tensor(source.shape, $0) }
      return
    }
    shape = source.shape
    withUnsafeMutableBufferPointer { target in
      source.withUnsafeBufferPointer { _ = target.update(fromContentsOf: $0) }
    }
  }

  /// The same elements with other extents; shares the memory.
  /// - Precondition: equal counts.
  public func reshaped(_ shape: Shape) -> Tensor {
    demand(shape.count == count, "cannot reshape \(self.shape) to \(shape)")
    var result = self
    result.shape = shape
    return result
  }

  /// `shape.count` elements from position `start` of the row-major order; shares the memory.
  /// - Precondition: the elements exist.
  public func slice(from start: Int, _ shape: Shape) -> Tensor {
    demand(
      start >= 0 && start + shape.count <= count,
      "slice \(start)..<\(start + shape.count) of a tensor of \(count) elements")
    var result = self
    result.shape = shape
    result.offset += start
    return result
  }

  /// Images `range` of a batch `[N, …]`; shares the memory.
  /// - Precondition: at least one axis, and `range` lies within it.
  public func batchSlice(_ range: Range<Int>) -> Tensor {
    demand(
      shape.rank > 0 && range.lowerBound >= 0 && range.upperBound <= shape[0],
      "batch slice \(range) of \(shape)")
    let rest = Array(shape.dimensions.dropFirst())
    let stride = Shape(rest).count
    return slice(from: range.lowerBound * stride, Shape([range.count] + rest))
  }
}

extension Tensor: KernelArgument {
  /// The address of the first element, for reading; valid until `closeMemory`.
  public func openMemory() -> UnsafePointer<Float> { UnsafePointer(storage.base + offset) }

  /// Keeps the memory until the kernel has returned.
  public func closeMemory() { withExtendedLifetime(storage) {} }
}
