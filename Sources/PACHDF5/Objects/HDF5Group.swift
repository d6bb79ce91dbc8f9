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
    var names: [String] = []
    try withUnsafeMutablePointer(to: &names) { pointer in
      _ = try location.check(
        "cannot list the group",
        H5Literate(
          location.identifier.id, H5_INDEX_NAME, H5_ITER_NATIVE, nil,
          { _, name, _, context in
            guard let name else { return 0 }
            context?.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name))
            return 0
          }, pointer))
    }
    return names.sorted()
  }

  /// Whether there is a group or dataset at `path`, or a link out of the file, which `member`
  /// refuses.
  public func contains(_ path: String) -> Bool {
    HDF5Library.silence()
    return prefixes(of: path).allSatisfy { prefix in
      H5Lexists(location.identifier.id, prefix, pac_h5p_default()) > 0
        && (H5Oexists_by_name(location.identifier.id, prefix, pac_h5p_default()) > 0
          || isLinkOut(prefix))
    }
  }

  /// `/a`, `/a/b` and `/a/b/c` for `/a/b/c`.
  private func prefixes(of path: String) -> [String] {
    var prefix = path.hasPrefix("/") ? "/" : "."
    return path.split(separator: "/").map { part in
      prefix += "/\(part)"
      return prefix
    }
  }

  /// Whether a link leads to another file, or is of a kind that another program defined.
  private func isLinkOut(_ path: String) -> Bool {
    var link = H5L_info_t()
    return H5Lget_info(location.identifier.id, path, &link, pac_h5p_default()) >= 0
      && link.type.rawValue >= H5L_TYPE_EXTERNAL.rawValue
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
  /// sorted; each group is entered once, since links may lead in a circle.
  public func datasetPaths() throws -> [String] {
    var entered: Set<HDF5Address> = []
    return try datasetPaths(&entered, depth: 0).sorted()
  }

  private func datasetPaths(_ entered: inout Set<HDF5Address>, depth: Int) throws -> [String] {
    guard depth < Self.largestDepth else {
      throw location.error("groups are nested deeper than \(Self.largestDepth)")
    }
    guard entered.insert(try location.address()).inserted else { return [] }
    var paths: [String] = []
    for name in try names() {
      switch try member(name) {
      case .dataset: paths.append(name)
      case .group:
        let inner = try group(name).datasetPaths(&entered, depth: depth + 1)
        paths += inner.map { "\(name)/\($0)" }
      case .other: break
      }
    }
    return paths
  }

  /// How deep groups may be nested in each other.
  static var largestDepth: Int { 64 }

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
    let layout = try HDF5Layout(of: place)
    try place.requireReadable(layout)
    try place.requireProportion(layout)
    return try HDF5Dataset(location: place, layout: layout)
  }

  private func requireExisting(_ path: String) throws {
    if !HDF5Library.readsOutsideFiles, let link = prefixes(of: path).first(where: isLinkOut) {
      throw location.error(
        "is a link to another file", at: link.hasPrefix("//") ? String(link.dropFirst()) : path,
        advice: "copy what it names into this file, or set \(HDF5Library.outsideVariable)=1 to "
          + "follow it")
    }
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
    let place = location.location(of: name, id)
    return try HDF5Dataset(location: place, layout: HDF5Layout(of: place))
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
