/// What a kernel is handed memory of: a tensor, one that may be missing, or where a gradient
/// gathers.
///
/// `withMemory` and `Tensor.init(_:from:compute:)` open it, call a kernel, and close it; nobody
/// else needs to.
public protocol KernelArgument {
  /// What the kernel gets.
  associatedtype Address

  /// The address of the first element, valid until `closeMemory`.
  func openMemory() -> Address

  /// Called once the kernel has returned.
  func closeMemory()
}

extension Optional: KernelArgument where Wrapped: KernelArgument {
  /// The address of the first element; nil without a value.
  public func openMemory() -> Wrapped.Address? { self?.openMemory() }

  /// Closes what was opened.
  public func closeMemory() { self?.closeMemory() }
}

extension Array: KernelArgument where Element: KernelArgument {
  /// The addresses of every element's memory.
  public func openMemory() -> [Element.Address] { map { $0.openMemory() } }

  /// Closes all of them.
  public func closeMemory() { for element in self { element.closeMemory() } }
}

/// Calls a kernel with the memory of its arguments.
///
/// ```swift
/// withMemory(of: value, upstream, input.adding) { y, g, dx in
///   softmax.backward(output: y, outputGradient: g, inputGradient: dx)
/// }
/// ```
/// - Parameters:
///   - arguments: what the kernel reads and writes.
///   - compute: is given their addresses, which are valid during the call only.
/// - Returns: what `compute` returns.
/// - Throws: what `compute` throws.
public func withMemory<each Argument: KernelArgument, Result>(
  of arguments: repeat each Argument,
  compute: (repeat (each Argument).Address) throws -> Result
) rethrows -> Result {
  let addresses = (repeat (each arguments).openMemory())
  defer { repeat (each arguments).closeMemory() }
  return try compute(repeat each addresses)
}

extension Tensor {
  /// Makes a tensor that a kernel computes.
  ///
  /// ```swift
  /// let value = Tensor(shape, from: input, weight) { y, x, w in
  ///   convolution.forward(input: x, weight: w, output: y)
  /// }
  /// ```
  /// - Parameters:
  ///   - shape: its extents.
  ///   - arguments: what the kernel reads.
  ///   - compute: is given the new tensor's address, behind which nothing is initialised and every
  ///     element must be written, and those of the arguments; all are valid during the call only.
  /// - Throws: what `compute` throws.
  public init<each Argument: KernelArgument>(
    _ shape: Shape, from arguments: repeat each Argument,
    compute: (UnsafeMutablePointer<Float>, repeat (each Argument).Address) throws -> Void
  ) rethrows {
    let buffer = FlatBuffer(count: shape.count)
    let addresses = (repeat (each arguments).openMemory())
    defer { repeat (each arguments).closeMemory() }
    try compute(buffer.base, repeat each addresses)
    self = Tensor(taking: buffer).reshaped(shape)
  }
}
