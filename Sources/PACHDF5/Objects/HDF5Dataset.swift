import CPACHDF5

/// An array of numbers or strings in a file.
///
/// The library converts numbers to the type they are read as.
public final class HDF5Dataset: HDF5Object {
  /// The open dataset.
  public let location: HDF5Location
  /// The type of the elements.
  public let elementType: HDF5ElementType
  /// How it is stored.
  let layout: HDF5Layout

  /// The extents of its chunks; nil if it is stored contiguously.
  public var chunk: [Int]? { layout.chunk }

  init(location: HDF5Location, layout: HDF5Layout) throws {
    let id = location.identifier.id
    let type = try location.check("cannot read its type", H5Dget_type(id))
    defer { HDF5Library.release(type) }
    self.location = location
    self.layout = layout
    self.elementType = HDF5ElementType(identifier: type)
  }

  /// The extents, outermost first; empty for a scalar.
  public var shape: [Int] {
    HDF5Library.silence()
    let space = H5Dget_space(location.identifier.id)
    defer { HDF5Library.release(space) }
    return HDF5Location.shape(of: space)
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// Changes the extents of a resizable dataset; new elements are zeros or empty strings.
  public func resize(to shape: [Int]) throws {
    try location.check(
      "cannot grow to \(shape)",
      H5Dset_extent(location.identifier.id, shape.map { hsize_t($0) }))
  }
}

// MARK: - Place in the file

extension HDF5Dataset {
  /// The byte range in the file of the stored chunk that begins at `start`.
  /// - Returns: nil if the dataset is stored contiguously, or the chunk was never written.
  public func storedChunk(at start: [Int]) throws -> Range<Int>? {
    guard chunk != nil else { return nil }
    var mask: UInt32 = 0
    var offset: haddr_t = 0
    var size: hsize_t = 0
    try location.check(
      "cannot find the chunk at \(start)",
      H5Dget_chunk_info_by_coord(
        location.identifier.id, start.map { hsize_t($0) }, &mask, &offset, &size))
    guard size > 0, let first = Int(exactly: offset), let count = Int(exactly: size) else {
      return nil
    }
    return first..<first + count
  }

  /// The start indices of the chunks that overlap a block, in row-major order.
  /// - Parameter block: the range of the block along each axis.
  /// - Returns: the start indices; empty if the dataset is stored contiguously.
  public func chunkStarts(meeting block: [Range<Int>]) -> [[Int]] {
    guard let chunk else { return [] }
    return zip(block, chunk).reduce([[]]) { starts, axis in
      let (range, extent) = axis
      let first = range.lowerBound / extent * extent
      return starts.flatMap { start in
        stride(from: first, to: range.upperBound, by: extent).map { start + [$0] }
      }
    }
  }
}

// MARK: - Numbers

extension HDF5Dataset {
  /// Reads all elements in row-major order.
  public func read<T: HDF5Element>(_ type: T.Type) throws -> [T] {
    let shape = shape
    return try read(type, start: shape.map { _ in 0 }, count: shape)
  }

  /// Reads the block of `count` elements along each axis from `start`, in row-major order.
  /// - Throws: `HDF5Error` if chunks claim more memory than `ReadingLimit` allows, or the block
  ///   cannot be read.
  public func read<T: HDF5Element>(_: T.Type, start: [Int], count: [Int]) throws -> [T] {
    if chunk != nil {
      try location.requireAllowed(count, elementBytes: MemoryLayout<T>.size)
    }
    let total = count.reduce(1, *)
    return try [T](unsafeUninitializedCapacity: total) { buffer, initialized in
      try read(
        into: UnsafeMutableBufferPointer(rebasing: buffer[..<total]), start: start, count: count)
      initialized = total
    }
  }

  /// Reads all elements into the caller's memory.
  public func read<T: HDF5Element>(into buffer: UnsafeMutableBufferPointer<T>) throws {
    let shape = shape
    try read(into: buffer, start: shape.map { _ in 0 }, count: shape)
  }

  /// Reads a block into the caller's memory.
  /// - Precondition: the buffer has exactly the size of the block.
  public func read<T: HDF5Element>(
    into buffer: UnsafeMutableBufferPointer<T>, start: [Int], count: [Int]
  ) throws {
    precondition(
      buffer.count == count.reduce(1, *), "\(buffer.count) elements for a block of \(count)")
    let memoryType = try numberType(T.self)
    guard let target = buffer.baseAddress else { return }
    try readBlock(
      into: target, as: memoryType, elementBytes: MemoryLayout<T>.size, start: start, count: count)
  }

  /// Writes a block of `count` elements along each axis from `start`, given in row-major order.
  public func write<T: HDF5Element>(_ elements: [T], start: [Int], count: [Int]) throws {
    try elements.withUnsafeBufferPointer { try write($0, start: start, count: count) }
  }

  /// Writes all elements directly from the caller's memory.
  public func write<T: HDF5Element>(_ elements: UnsafeBufferPointer<T>) throws {
    let shape = shape
    try write(elements, start: shape.map { _ in 0 }, count: shape)
  }

  /// Writes a block directly from the caller's memory.
  /// - Precondition: the buffer has exactly the size of the block.
  public func write<T: HDF5Element>(
    _ elements: UnsafeBufferPointer<T>, start: [Int], count: [Int]
  ) throws {
    precondition(
      elements.count == count.reduce(1, *), "\(elements.count) elements for a block of \(count)")
    let memoryType = try numberType(T.self)
    try withBlock(start, count) { memory, file in
      try location.check(
        "cannot write", advice: "check the free disk space and the quota",
        H5Dwrite(
          location.identifier.id, memoryType, memory, file, pac_h5p_default(), elements.baseAddress)
      )
    }
  }

  private func numberType<T: HDF5Element>(_: T.Type) throws -> hid_t {
    guard elementType.isNumber, let type = T.hdf5Type.native else {
      throw location.error(
        "expected numbers, found \(elementType)", advice: "check that this is the right file")
    }
    return type
  }

  /// Selects a block and calls `body` with its dataspaces in memory and in the file; does nothing
  /// if it is empty.
  func withBlock(
    _ start: [Int], _ count: [Int], _ body: (_ memory: hid_t, _ file: hid_t) throws -> Void
  ) throws {
    let shape = shape
    precondition(
      start.count == shape.count && count.count == shape.count,
      "\(location.objectPath): block \(count) at \(start) in a dataset of shape \(shape)")
    let fits = zip(shape, zip(start, count)).allSatisfy { extent, block in
      block.0 >= 0 && block.1 >= 0 && block.0 + block.1 <= extent
    }
    guard fits else {
      throw location.error("the block \(count) at \(start) lies outside the shape \(shape)")
    }
    if count.contains(0) { return }
    if shape.isEmpty { return try body(pac_h5s_all(), pac_h5s_all()) }
    let file = try location.check("cannot select", H5Dget_space(location.identifier.id))
    defer { HDF5Library.release(file) }
    let extents = count.map { hsize_t($0) }
    try location.check(
      "cannot select",
      H5Sselect_hyperslab(file, H5S_SELECT_SET, start.map { hsize_t($0) }, nil, extents, nil))
    let memory = try location.check(
      "cannot select", H5Screate_simple(Int32(count.count), extents, nil))
    defer { HDF5Library.release(memory) }
    try body(memory, file)
  }
}

// MARK: - Texts

extension HDF5Dataset {
  /// Reads all strings in row-major order, of fixed or variable length.
  public func readStrings() throws -> [String] {
    guard elementType == .string else {
      throw location.error(
        "expected text, found \(elementType)", advice: "check that this is the right file")
    }
    let id = location.identifier.id
    let type = try location.check("cannot read its type", H5Dget_type(id))
    defer { HDF5Library.release(type) }
    let space = try location.check("cannot read its shape", H5Dget_space(id))
    defer { HDF5Library.release(space) }
    return try location.readTexts(type: type, space: space) {
      H5Dread(id, type, pac_h5s_all(), pac_h5s_all(), pac_h5p_default(), $0)
    }
  }

  /// Writes all strings in row-major order.
  /// - Precondition: as many strings as elements.
  public func writeStrings(_ texts: [String]) throws {
    precondition(texts.count == count, "\(texts.count) texts for a dataset of \(count)")
    guard !texts.isEmpty else { return }
    let type = try location.makeTextType()
    defer { HDF5Library.release(type) }
    try location.check(
      "cannot write", advice: "check the free disk space and the quota",
      withCStrings(texts) {
        H5Dwrite(
          location.identifier.id, type, pac_h5s_all(), pac_h5s_all(), pac_h5p_default(), $0)
      })
  }
}
