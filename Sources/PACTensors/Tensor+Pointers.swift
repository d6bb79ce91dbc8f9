// How layers hand tensors to the kernels: the pointers are valid during the call only.

/// Calls `body` with the elements of one tensor.
public func withPointer<R>(
  _ a: Tensor, _ body: (UnsafePointer<Float>) throws -> R
) rethrows -> R {
  try a.withUnsafeBufferPointer { a in
    guard let a = a.baseAddress else { preconditionFailure("tensor without memory") }
    return try body(a)
  }
}

/// Calls `body` with the elements of two tensors.
public func withPointers<R>(
  _ a: Tensor, _ b: Tensor, _ body: (UnsafePointer<Float>, UnsafePointer<Float>) throws -> R
) rethrows -> R {
  try withPointer(a) { a in try withPointer(b) { b in try body(a, b) } }
}

/// Calls `body` with the elements of three tensors.
public func withPointers<R>(
  _ a: Tensor, _ b: Tensor, _ c: Tensor,
  _ body: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>) throws -> R
) rethrows -> R {
  try withPointer(a) { a in try withPointers(b, c) { b, c in try body(a, b, c) } }
}

/// Calls `body` with the elements of any number of tensors.
public func withPointers<R>(
  _ tensors: [Tensor], _ body: ([UnsafePointer<Float>]) throws -> R
) rethrows -> R {
  try withPointers(tensors[...], [], body)
}

private func withPointers<R>(
  _ rest: ArraySlice<Tensor>, _ pointers: [UnsafePointer<Float>],
  _ body: ([UnsafePointer<Float>]) throws -> R
) rethrows -> R {
  guard let first = rest.first else { return try body(pointers) }
  return try withPointer(first) { try withPointers(rest.dropFirst(), pointers + [$0], body) }
}

/// Calls `body` with the elements of a tensor, or nil without one.
public func withPointer<R>(
  optional a: Tensor?, _ body: (UnsafePointer<Float>?) throws -> R
) rethrows -> R {
  guard let a else { return try body(nil) }
  return try withPointer(a) { try body($0) }
}

extension Tensor {
  /// Calls `body` with the elements for reading and writing; see `withUnsafeMutableBufferPointer`.
  public mutating func withMutablePointer<R>(
    _ body: (UnsafeMutablePointer<Float>) throws -> R
  ) rethrows -> R {
    try withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("tensor without memory") }
      return try body(base)
    }
  }

  /// Makes a tensor and fills it through `initialize`, which must write every element.
  public init(
    filling shape: Shape, _ initialize: (UnsafeMutablePointer<Float>) throws -> Void
  ) rethrows {
    try self.init(shape) { buffer in
      guard let base = buffer.baseAddress else { preconditionFailure("tensor without memory") }
      try initialize(base)
    }
  }
}

/// Calls `body` with the elements of a tensor for reading and writing, or nil without one.
public func withMutablePointer<R>(
  optional a: inout Tensor?, _ body: (UnsafeMutablePointer<Float>?) throws -> R
) rethrows -> R {
  guard var tensor = a else { return try body(nil) }
  // Taken out and put back, so that it is referenced once while it is written.
  a = nil
  defer { a = tensor }
  return try tensor.withMutablePointer { try body($0) }
}
