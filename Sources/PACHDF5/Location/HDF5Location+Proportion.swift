import CPACHDF5
import PACFiles

extension HDF5Location {
  /// Rejects a dataset that states a larger size than the file can hold, before memory is
  /// allocated.
  ///
  /// Compression shrinks by a factor that is bounded: by 1032 for deflate, by 88 for LZF. Filters of
  /// plugins, which the user has installed, may shrink more.
  /// - Throws: `HDF5Error` if the file is damaged, or if nothing was ever written to a large
  ///   dataset.
  func requireProportion(_ layout: HDF5Layout) throws {
    let id = identifier.id
    let type = try check("cannot read its type", H5Dget_type(id))
    defer { HDF5Library.release(type) }
    let space = try check("cannot read its shape", H5Dget_space(id))
    defer { HDF5Library.release(space) }
    let elementBytes = H5Tget_size(type)
    let isText = H5Tget_class(type) == H5T_STRING
    let factor = layout.chunk == nil ? 1 : Self.largestFactor(layout.filters, isText: isText)
    let most = try fileSize().multipliedReportingOverflow(by: factor)
    let limit = Self.slack + (most.overflow ? Int.max / 2 : min(most.partialValue, Int.max / 2))
    try requireBounded(Self.extents(of: space), elementBytes: elementBytes, most: limit)
    if let chunk = layout.chunk {
      try requireBounded(chunk.map { hsize_t($0) }, elementBytes: elementBytes, most: limit)
      try requireAllowed(chunk, elementBytes: elementBytes)
    } else if layout.outsideFile == nil,
      // Other types have different sizes in memory and in the file.
      [H5T_INTEGER, H5T_FLOAT, H5T_ENUM].contains(H5Tget_class(type))
    {
      try requireStoredSize(layout, space, elementBytes: elementBytes)
    }
  }

  /// Rejects a block whose elements take more memory at once than `ReadingLimit` allows a file of
  /// this size.
  func requireAllowed(_ block: [Int], elementBytes: Int) throws {
    let bytes = block.reduce(elementBytes) { clampedProduct($0, $1) }
    guard let refusal = ReadingLimit(fileSize: try fileSize()).refusal(of: bytes) else { return }
    throw error(refusal.problem, advice: refusal.advice)
  }

  /// The size of the file in bytes.
  func fileSize() throws -> Int {
    var size: hsize_t = 0
    let file = try check("cannot find its file", H5Iget_file_id(identifier.id))
    defer { HDF5Library.release(file) }
    try check("cannot read its size", H5Fget_filesize(file, &size))
    return Int(clamping: size)
  }

  /// Rejects extents that hold more than `most` bytes.
  func requireBounded(_ extents: [hsize_t], elementBytes: Int, most: Int) throws {
    var (bytes, overflows) = (hsize_t(elementBytes), false)
    for extent in extents {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      (bytes, overflows) = (product, overflows || overflow || extent > hsize_t(Int.max))
    }
    guard !overflows, bytes <= hsize_t(most) else {
      throw error(
        "the file is too small for \(extents) elements of \(elementBytes) bytes",
        advice: "the file is damaged; copy or create it again")
    }
  }

  /// The size that is always accepted, because small datasets that were never written take no space
  /// in the file.
  private static var slack: Int { 1 << 24 }

  /// Texts that differ do not shrink much, and each takes memory of its own.
  private static func largestFactor(_ filters: [HDF5Filter], isText: Bool) -> Int {
    if isText { return 128 }
    let ours = [
      HDF5Filter.deflate, HDF5Filter.lzf, HDF5Filter.shuffle, HDF5Filter.fletcher32,
    ]
    return filters.allSatisfy { ours.contains($0.id) } ? 1032 : 1 << 16
  }

  /// The extents of a dataspace, outermost first, as the library returns them.
  static func extents(of space: hid_t) -> [hsize_t] {
    var extents = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
    let rank = H5Sget_simple_extent_dims(space, &extents, nil)
    return Array(extents.prefix(max(Int(rank), 0)))
  }

  /// Checks that the stored size of a numeric dataset without chunks fits its shape.
  ///
  /// HDF5 1.10 trusts that it does, and reads beyond its own buffers if damage has changed one of
  /// them.
  private func requireStoredSize(_ layout: HDF5Layout, _ space: hid_t, elementBytes: Int) throws {
    let stored = Int(clamping: H5Dget_storage_size(identifier.id))
    let needed = Self.shape(of: space).reduce(elementBytes, *)
    if stored == needed { return }
    // Data that was never written has no storage.
    if case .contiguous = layout.kind, stored == 0 { return }
    throw damaged("\(stored) bytes are stored where \(needed) are expected")
  }
}
