import PACFiles
import PACTensors

/// The layout of a tensor within its storage.
struct StoredTensor {
  /// The index of the storage.
  let storage: Int
  let type: WeightElementType
  let shape: [Int]
  /// The strides in elements along each axis.
  let strides: [Int]
  /// The byte range in the storage from the first to the last element; empty without elements.
  let bytes: Range<Int>
  /// The number of elements.
  let count: Int

  /// PyTorch's limit.
  static let largestRank = 64

  /// Describes a tensor.
  /// - Parameters:
  ///   - storage: the index of the storage.
  ///   - type: the type of the elements.
  ///   - firstByte: the byte offset of element 0 in the storage.
  ///   - first: the index of the tensor's first element, counted from there.
  ///   - shape: the size of each axis.
  ///   - strides: the stride in elements along each axis, none negative.
  /// - Throws: if the numbers overflow, or if the tensor repeats elements, which would need more
  ///   memory than the size of the file justifies.
  init(
    storage: Int, type: WeightElementType, firstByte: Int, first: Int, shape: [Int], strides: [Int]
  ) throws(TensorFault) {
    guard shape.count == strides.count, shape.count <= Self.largestRank, first >= 0,
      shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 })
    else {
      throw TensorFault(shown("makes a tensor of impossible shape \(shape), strides \(strides)"))
    }
    // Extents besides a 0 count as well: whoever multiplies them must not overflow.
    var size = 1
    for extent in shape { size = try product(size, max(extent, 1)) }
    var (count, last) = (1, 0)
    let isEmpty = shape.contains(0)
    for (extent, stride) in zip(shape, strides) where !isEmpty {
      count = try product(count, extent)
      last = try sum(last, product(extent - 1, stride))
    }
    guard isEmpty || count - 1 <= last else {
      throw TensorFault(
        "makes \(count) elements of \(last + 1) stored ones, shape \(shape), strides \(strides)")
    }
    let begin = try sum(firstByte, product(first, type.bytes))
    let span = isEmpty ? 0 : try product(last + 1, type.bytes)
    self.storage = storage
    self.type = type
    self.shape = shape
    self.strides = strides
    self.count = isEmpty ? 0 : count
    bytes = begin..<(try sum(begin, span))
  }

  /// Describes a contiguous tensor.
  init(
    storage: Int, type: WeightElementType, firstByte: Int, contiguous shape: [Int]
  ) throws(TensorFault) {
    guard shape.count <= Self.largestRank else { throw TensorFault("has \(shape.count) axes") }
    var strides: [Int] = []
    var stride = 1
    for extent in shape.reversed() {
      strides.insert(stride, at: 0)
      stride = try product(stride, max(extent, 1))
    }
    try self.init(
      storage: storage, type: type, firstByte: firstByte, first: 0, shape: shape, strides: strides)
  }

  /// Checks that the elements lie within a part of the storage.
  func requireWithin(_ part: Range<Int>) throws(TensorFault) {
    guard
      bytes.isEmpty || (part.lowerBound <= bytes.lowerBound && bytes.upperBound <= part.upperBound)
    else {
      throw TensorFault("makes a tensor of shape \(shape) that reaches beyond its storage")
    }
  }

  /// Whether the elements are contiguous in row-major order.
  private var isContiguous: Bool {
    var expected = 1
    for (extent, stride) in zip(shape, strides).reversed() where extent != 1 {
      guard stride == expected else { return false }
      expected *= extent
    }
    return true
  }

  /// Reads the elements and converts them; `read` fills its argument with the storage's bytes from
  /// `bytes.lowerBound` on.
  /// - Precondition: a floating-point type.
  func read(
    isBigEndian: Bool, _ read: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> Tensor {
    try Tensor(Shape(shape)) { target in
      guard count > 0 else { return }
      if type == .float32, isContiguous, isBigEndian == hostIsBigEndian {
        return try read(UnsafeMutableRawBufferPointer(target))
      }
      let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
      defer { raw.deallocate() }
      try read(raw)
      guard let base = UnsafeRawPointer(raw.baseAddress) else { return }
      forEachElement { element, place in
        target[element] = type.load(base + place * type.bytes, isBigEndian: isBigEndian)
      }
    }
  }

  /// Calls `body` with the row-major index of each element and its offset from the first one.
  private func forEachElement(_ body: (Int, Int) -> Void) {
    var index = shape.map { _ in 0 }
    var place = 0
    for element in 0..<count {
      body(element, place)
      for axis in shape.indices.reversed() {
        index[axis] += 1
        place += strides[axis]
        if index[axis] < shape[axis] { break }
        place -= strides[axis] * shape[axis]
        index[axis] = 0
      }
    }
  }
}

private let hostIsBigEndian = 1.bigEndian == 1

/// A checked sum; throws on overflow, which only a damaged file causes.
private func sum(_ a: Int, _ b: Int) throws(TensorFault) -> Int {
  let (sum, overflow) = a.addingReportingOverflow(b)
  guard !overflow else { throw TensorFault("states a size that no file has") }
  return sum
}

/// A checked product; throws on overflow, which only a damaged file causes.
func product(_ a: Int, _ b: Int) throws(TensorFault) -> Int {
  let (product, overflow) = a.multipliedReportingOverflow(by: b)
  guard !overflow else { throw TensorFault("states a size that no file has") }
  return product
}
