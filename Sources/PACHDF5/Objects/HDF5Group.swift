import CPACHDF5

/// A group of named datasets and groups.
///
/// Paths may have several components, such as `inputs/guide`.
public struct HDF5Group: HDF5Object {
  /// The open group.
  public let location: HDF5Location

  /// The kind of a member of a group.
  public enum Member: Sendable {
    /// A group.
    case group
    /// A dataset.
    case dataset
    /// A named type or a dangling link.
    case other
  }

  /// The names of the members, sorted.
  public func names() throws -> [String] {
    var info = H5G_info_t()
    try location.check("cannot list the group", H5Gget_info(location.identifier.id, &info))
    var names: [String] = []
    // Not `map`, which would allocate as many names as a damaged file states.
    for index in 0..<info.nlinks {
      let length = try location.check("cannot list the group", name(at: index, into: nil, 0))
      var bytes = [CChar](repeating: 0, count: length + 1)
      try location.check(
        "cannot list the group", name(at: index, into: &bytes, length + 1))
      names.append(
        String(decoding: bytes.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
    return names.sorted()
  }

  private func name(
    at index: hsize_t, into buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int
  ) -> Int {
    H5Lget_name_by_idx(
      location.identifier.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, buffer, capacity,
      pac_h5p_default())
  }

  /// Whether there is a group or dataset at `path`.
  public func contains(_ path: String) -> Bool {
    HDF5Library.silence()
    let parts = path.split(separator: "/")
    var prefix = path.hasPrefix("/") ? "/" : "."
    for part in parts {
      prefix += "/\(part)"
      guard H5Lexists(location.identifier.id, prefix, pac_h5p_default()) > 0,
        H5Oexists_by_name(location.identifier.id, prefix, pac_h5p_default()) > 0
      else { return false }
    }
    return true
  }

  /// Whether `path` is a group, a dataset or something else.
  public func member(_ path: String) throws -> Member {
    try requireExisting(path)
    let id = try location.check(
      "cannot open it", H5Oopen(location.identifier.id, path, pac_h5p_default()))
    defer { HDF5Library.release(id) }
    switch H5Iget_type(id) {
    case H5I_GROUP: return .group
    case H5I_DATASET: return .dataset
    default: return .other
    }
  }

  /// The paths of all datasets in this group and the groups inside it, relative to this group,
  /// sorted.
  public func datasetPaths() throws -> [String] {
    var paths: [String] = []
    for name in try names() {
      switch try member(name) {
      case .dataset: paths.append(name)
      case .group: paths += try group(name).datasetPaths().map { "\(name)/\($0)" }
      case .other: break
      }
    }
    return paths.sorted()
  }

  /// Opens the group at `path`.
  public func group(_ path: String) throws -> HDF5Group {
    guard try member(path) == .group else { throw location.error("is not a group", at: path) }
    let id = try location.check(
      "cannot open the group", H5Gopen2(location.identifier.id, path, pac_h5p_default()))
    return HDF5Group(location: location.location(of: path, id))
  }

  /// Opens the dataset at `path`.
  public func dataset(_ path: String) throws -> HDF5Dataset {
    guard try member(path) == .dataset else { throw location.error("is not a dataset", at: path) }
    let id = try location.check(
      "cannot open the dataset", H5Dopen2(location.identifier.id, path, pac_h5p_default()))
    let place = location.location(of: path, id)
    try place.requireProportion()
    return try HDF5Dataset(location: place)
  }

  private func requireExisting(_ path: String) throws {
    guard contains(path) else {
      throw location.error(
        "not found", at: path, advice: "check that this is the right file")
    }
  }
}

// MARK: - Writing

extension HDF5Group {
  /// Creates a group, and intermediate groups if needed.
  @discardableResult
  public func createGroup(_ name: String) throws -> HDF5Group {
    let links = try linkProperties()
    defer { HDF5Library.release(links) }
    let id = try location.check(
      "cannot create the group \(name)",
      H5Gcreate2(location.identifier.id, name, links, pac_h5p_default(), pac_h5p_default()))
    return HDF5Group(location: location.location(of: name, id))
  }

  /// Creates a dataset of zeros or empty strings, and intermediate groups if needed.
  /// - Parameters:
  ///   - name: its name or path.
  ///   - type: the element type in the file, numbers or strings.
  ///   - shape: its extents; empty for a scalar.
  ///   - maximumShape: how far it can grow along each axis, where nil means without limit; if
  ///     omitted, it cannot grow.
  ///   - chunk: the extents of its chunks; chosen automatically if compression or growth needs
  ///     them.
  ///   - compression: the deflate level, 1 to 9; 0 or nil for none.
  /// - Returns: the new dataset, open.
  /// - Throws: `HDF5Error` if the name is taken or cannot be written.
  public func createDataset(
    _ name: String, _ type: HDF5ElementType, shape: [Int], maximumShape: [Int?]? = nil,
    chunk: [Int]? = nil, compression: Int? = nil
  ) throws -> HDF5Dataset {
    let fileType = try makeFileType(type, for: name)
    defer { HDF5Library.release(fileType) }
    let space = try makeSpace(shape, maximumShape)
    defer { HDF5Library.release(space) }
    let links = try linkProperties()
    defer { HDF5Library.release(links) }
    let level = compression ?? 0
    let blocks =
      chunk ?? (maximumShape != nil || level > 0 ? shape.map { Swift.max($0, 1) } : nil)
    let layout = try layoutProperties(chunk: shape.isEmpty ? nil : blocks, level: level)
    defer { HDF5Library.release(layout) }
    let id = try location.check(
      "cannot create the dataset \(name)",
      H5Dcreate2(
        location.identifier.id, name, fileType, space, links, layout, pac_h5p_default()))
    return try HDF5Dataset(location: location.location(of: name, id))
  }

  /// Creates a dataset of numbers and writes it.
  @discardableResult
  public func write<T: HDF5Element>(
    _ elements: [T], shape: [Int], as name: String, chunk: [Int]? = nil, compression: Int? = nil
  ) throws -> HDF5Dataset {
    try elements.withUnsafeBufferPointer {
      try write($0, shape: shape, as: name, chunk: chunk, compression: compression)
    }
  }

  /// Creates a dataset of numbers and writes it directly from the caller's memory.
  @discardableResult
  public func write<T: HDF5Element>(
    _ elements: UnsafeBufferPointer<T>, shape: [Int], as name: String, chunk: [Int]? = nil,
    compression: Int? = nil
  ) throws -> HDF5Dataset {
    let dataset = try createDataset(
      name, T.hdf5Type, shape: shape, chunk: chunk, compression: compression)
    try dataset.write(elements)
    return dataset
  }

  /// Creates a dataset of strings, `[texts.count]`, and writes it.
  @discardableResult
  public func write(_ texts: [String], as name: String) throws -> HDF5Dataset {
    let dataset = try createDataset(name, .string, shape: [texts.count])
    try dataset.writeStrings(texts)
    return dataset
  }

  private func makeFileType(_ type: HDF5ElementType, for name: String) throws -> hid_t {
    if type == .string { return try location.makeTextType() }
    guard let native = type.native else {
      throw location.error("cannot create a dataset of type \(type)", at: name)
    }
    return try location.check("cannot create the type \(type)", H5Tcopy(native))
  }

  private func makeSpace(_ shape: [Int], _ maximumShape: [Int?]?) throws -> hid_t {
    precondition(
      maximumShape.map { $0.count == shape.count } ?? true,
      "shape \(shape) and maximal shape of \(maximumShape?.count ?? 0) axes")
    let limits = maximumShape?.map { $0.map { hsize_t($0) } ?? pac_h5s_unlimited() }
    return try location.check(
      "cannot create the shape \(shape)",
      H5Screate_simple(
        Int32(shape.count), shape.map { hsize_t($0) }, limits ?? shape.map { hsize_t($0) }))
  }

  private func linkProperties() throws -> hid_t {
    let links = try location.check("cannot create", H5Pcreate(pac_h5p_link_create()))
    try location.check("cannot create", H5Pset_create_intermediate_group(links, 1))
    return links
  }

  private func layoutProperties(chunk: [Int]?, level: Int) throws -> hid_t {
    let layout = try location.check("cannot create", H5Pcreate(pac_h5p_dataset_create()))
    do {
      // Without times, the same contents always give the same bytes.
      try location.check("cannot create", H5Pset_obj_track_times(layout, false))
      if let chunk {
        try location.check(
          "cannot store blocks of \(chunk)",
          H5Pset_chunk(layout, Int32(chunk.count), chunk.map { hsize_t($0) }))
        if level > 0 {
          try location.check(
            "cannot compress at level \(level)", advice: "choose a level from 0 to 9",
            H5Pset_deflate(layout, UInt32(level)))
        }
      }
    } catch {
      HDF5Library.release(layout)
      throw error
    }
    return layout
  }
}
