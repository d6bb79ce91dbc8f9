import CPACHDF5
import Glibc

extension HDF5Location {
  /// Makes an identifier of the type for variable-length UTF-8 strings, which the caller releases.
  func makeTextType() throws -> hid_t {
    let type = try check("cannot create the text type", H5Tcopy(pac_h5t_c_string()))
    try check("cannot create the text type", H5Tset_size(type, pac_h5t_variable()))
    try check("cannot create the text type", H5Tset_cset(type, H5T_CSET_UTF8))
    return type
  }

  /// Where `LookTexts` keeps the texts of this object or of one of its attributes; nil if the object
  /// is in another file, to which a link led that the user allows.
  func place(ofTextsIn attribute: String?) throws -> LookTexts.Place? {
    let (own, root) = (
      try address(),
      try HDF5Location(identifier: file, file: file, filePath: filePath, objectPath: "/").address()
    )
    return own.file == root.file
      ? LookTexts.Place(header: UInt64(own.header), attribute: attribute) : nil
  }

  /// The texts of variable length that another process has read for this one; nil if it is for this
  /// process to read them.
  private func textsOfFirstLook(_ attribute: String?) throws -> [String]? {
    guard let look = file.texts, let place = try place(ofTextsIn: attribute) else { return nil }
    switch look[place] {
    case .texts(let texts): return texts
    case .refused(let error): throw error
    case nil:
      throw error(
        "has texts that were not there at first", advice: "the file is being changed; try again")
    }
  }

  /// Reads strings of the given type and dataspace, those of variable length from the first look.
  /// - Parameters:
  ///   - type: the type in the file.
  ///   - space: the dataspace in the file.
  ///   - attribute: the attribute that holds them; nil for the elements of a dataset.
  ///   - call: fills the memory it is passed.
  /// - Returns: the strings in row-major order.
  /// - Throws: `HDF5Error`.
  func readTexts(
    type: hid_t, space: hid_t, attribute: String? = nil,
    _ call: (UnsafeMutableRawPointer?) -> herr_t
  ) throws -> [String] {
    let count = Self.shape(of: space).reduce(1, *)
    guard count > 0, H5Sget_simple_extent_type(space) != H5S_NULL else { return [] }
    if H5Tis_variable_str(type) > 0 {
      if let texts = try textsOfFirstLook(attribute) { return texts }
      return try withUnsafeTemporaryAllocation(
        of: UnsafeMutablePointer<CChar>?.self, capacity: count
      ) { pointers in
        pointers.initialize(repeating: nil)
        try check("cannot read", call(pointers.baseAddress))
        defer { H5Dvlen_reclaim(type, space, pac_h5p_default(), pointers.baseAddress) }
        return pointers.map { pointer in pointer.map { String(cString: $0) } ?? "" }
      }
    }
    let size = H5Tget_size(type)
    let spacePadded = H5Tget_strpad(type) == H5T_STR_SPACEPAD
    var bytes = [UInt8](repeating: 0, count: count * size)
    _ = try bytes.withUnsafeMutableBytes { buffer in
      try check("cannot read", call(buffer.baseAddress))
    }
    return (0..<count).map { index in
      var text = bytes[index * size..<(index + 1) * size].prefix { $0 != 0 }
      while spacePadded, text.last == UInt8(ascii: " ") { text.removeLast() }
      return String(decoding: text, as: UTF8.self)
    }
  }

  /// The extents of a dataspace, outermost first.
  static func shape(of space: hid_t) -> [Int] {
    let rank = H5Sget_simple_extent_ndims(space)
    guard rank > 0 else { return [] }
    var extents = [hsize_t](repeating: 0, count: Int(rank))
    H5Sget_simple_extent_dims(space, &extents, nil)
    return extents.map { Int($0) }
  }
}

/// Calls `body` with C strings that are valid during the call.
func withCStrings<R>(
  _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) throws -> R
) rethrows -> R {
  let pointers = texts.map { strdup($0) }
  defer { for pointer in pointers { free(pointer) } }
  return try pointers.withUnsafeBufferPointer { try body($0.baseAddress) }
}
