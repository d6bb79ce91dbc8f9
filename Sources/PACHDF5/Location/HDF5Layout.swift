import CPACHDF5
import PACFiles

/// How a dataset is stored, from its creation properties.
struct HDF5Layout: Sendable {
  /// Where the elements are.
  enum Kind: Sendable {
    case contiguous
    /// In the header of the dataset.
    case compact
    /// In chunks of these extents.
    case chunked([Int])
    /// Put together from other datasets.
    case virtual
  }

  let kind: Kind
  /// The filters of the chunks, in the order of writing.
  let filters: [HDF5Filter]
  /// The first file, other than this one, that holds elements.
  let outsideFile: String?
  /// Whether chunks that reach over the edge are stored without filters.
  let hasPlainEdges: Bool

  /// The extents of the chunks; nil if the dataset is not chunked.
  var chunk: [Int]? { if case .chunked(let chunk) = kind { chunk } else { nil } }

  /// The layout of a dataset.
  /// - Throws: `HDF5Error` if it cannot be read.
  init(of location: HDF5Location) throws {
    let problem = "cannot read its layout"
    let properties = try location.check(
      problem, H5Dget_create_plist(location.identifier.id))
    defer { HDF5Library.release(properties) }
    switch H5Pget_layout(properties) {
    case H5D_CHUNKED:
      var extents = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
      let rank = try location.check(
        problem, H5Pget_chunk(properties, H5S_MAX_RANK, &extents))
      kind = .chunked(extents.prefix(Int(rank)).map { Int(clamping: $0) })
      guard extents.prefix(Int(rank)).allSatisfy({ $0 > 0 }) else {
        throw location.damaged("a chunk is empty")
      }
    case H5D_COMPACT: kind = .compact
    case H5D_VIRTUAL: kind = .virtual
    default: kind = .contiguous
    }
    filters = try Self.filters(properties, location)
    outsideFile = Self.externalFile(properties) ?? Self.sourceFile(properties)
    var options: UInt32 = 0
    if case .chunked = kind { H5Pget_chunk_opts(properties, &options) }
    hasPlainEdges = options & UInt32(H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0
  }

  private static func filters(
    _ properties: hid_t, _ location: HDF5Location
  ) throws -> [HDF5Filter] {
    let problem = "cannot read its filters"
    let count = try location.check(problem, H5Pget_nfilters(properties))
    return try (0..<UInt32(count)).map { index in
      var (flags, configuration): (UInt32, UInt32) = (0, 0)
      var values = [UInt32](repeating: 0, count: 32)
      var valueCount = values.count
      let id = try location.check(
        problem,
        H5Pget_filter2(
          properties, index, &flags, &valueCount, &values, 0, nil, &configuration))
      return HDF5Filter(id: id, values: Array(values.prefix(valueCount)))
    }
  }

  /// The first file of external storage.
  private static func externalFile(_ properties: hid_t) -> String? {
    guard H5Pget_external_count(properties) > 0 else { return nil }
    var name = [CChar](repeating: 0, count: 256)
    guard H5Pget_external(properties, 0, name.count - 1, &name, nil, nil) >= 0 else { return "" }
    return text(name)
  }

  /// The first file that a virtual dataset takes elements from; `.` is the file itself.
  private static func sourceFile(_ properties: hid_t) -> String? {
    var count = 0
    guard H5Pget_layout(properties) == H5D_VIRTUAL else { return nil }
    guard H5Pget_virtual_count(properties, &count) >= 0, count > 0 else { return "" }
    var name = [CChar](repeating: 0, count: 256)
    guard H5Pget_virtual_filename(properties, 0, &name, name.count - 1) >= 0 else { return "" }
    return text(name)
  }

  private static func text(_ name: [CChar]) -> String {
    shown(String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
  }
}

extension HDF5Location {
  /// Refuses a dataset whose elements are elsewhere, or behind a filter that is not installed.
  ///
  /// A stranger's file could otherwise name any file of this machine, and the library would read it.
  func requireReadable(_ layout: HDF5Layout) throws {
    if let file = layout.outsideFile, !HDF5Library.readsOutsideFiles {
      let name = file.isEmpty ? "" : " (\(file))"
      if case .virtual = layout.kind {
        throw error(
          "is a virtual dataset, put together from other datasets\(name)",
          advice: "store the array itself, such as file['copy'] = file['name'][...] with h5py, "
            + "or set \(HDF5Library.outsideVariable)=1 to read them")
      }
      throw error(
        "its elements are in another file\(name)",
        advice: "store them in this one, or set \(HDF5Library.outsideVariable)=1 to read it")
    }
    if let missing = layout.filters.first(where: { !$0.isAvailable }) {
      throw error(
        "stored with \(missing.name), whose HDF5 plugin is not installed",
        advice: "install it (Python: hdf5plugin) and set HDF5_PLUGIN_PATH to its folder, or store "
          + "the array with gzip")
    }
  }

  /// The error of a dataset whose parts do not fit together.
  func damaged(_ problem: String) -> HDF5Error {
    error(problem, advice: "the file is damaged; copy or create it again")
  }
}
