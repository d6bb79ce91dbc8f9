import CPACHDF5

extension HDF5Location {
  /// Rejects a dataset that states a larger size than the file can hold, before memory is
  /// allocated: deflate, the only compression in use, shrinks by a factor of at most 1032.
  ///
  /// - Throws: `HDF5Error` if the file is damaged, or if nothing was ever written to a large
  ///   dataset.
  func requireProportion() throws {
    let id = identifier.id
    var size: hsize_t = 0
    let file = try check("cannot find its file", H5Iget_file_id(id))
    defer { HDF5Library.release(file) }
    try check("cannot read its size", H5Fget_filesize(file, &size))
    let type = try check("cannot read its type", H5Dget_type(id))
    defer { HDF5Library.release(type) }
    let space = try check("cannot read its shape", H5Dget_space(id))
    defer { HDF5Library.release(space) }
    let layout = try check("cannot read its layout", H5Dget_create_plist(id))
    defer { HDF5Library.release(layout) }
    let isChunked = H5Pget_layout(layout) == H5D_CHUNKED
    let most = Self.slack + Int(clamping: size) * (isChunked ? Self.largestFactor : 1)
    try requireBounded(Self.extents(of: space), elementBytes: H5Tget_size(type), most: most)
    if isChunked {
      var extents = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
      let rank = try check("cannot read its layout", H5Pget_chunk(layout, H5S_MAX_RANK, &extents))
      try requireBounded(
        Array(extents.prefix(Int(rank))), elementBytes: H5Tget_size(type), most: most)
    }
    // Other types have different sizes in memory and in the file.
    if [H5T_INTEGER, H5T_FLOAT, H5T_ENUM].contains(H5Tget_class(type)) {
      try requireStoredSize(layout, space, elementBytes: H5Tget_size(type))
    }
  }

  /// The size that is always accepted, because small datasets that were never written take no space
  /// in the file.
  private static var slack: Int { 1 << 24 }

  private static var largestFactor: Int { 1032 }

  private func requireBounded(_ extents: [hsize_t], elementBytes: Int, most: Int) throws {
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

  /// The extents of a dataspace, outermost first, as the library returns them.
  private static func extents(of space: hid_t) -> [hsize_t] {
    var extents = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
    let rank = H5Sget_simple_extent_dims(space, &extents, nil)
    return Array(extents.prefix(max(Int(rank), 0)))
  }
}
