import CPACHDF5

/// One filter of a dataset's chunks, such as a compression.
struct HDF5Filter: Equatable, Sendable {
  /// Its registered number.
  let id: Int32
  /// The settings that are stored with it.
  let values: [UInt32]

  static let deflate = H5Z_FILTER_DEFLATE
  static let shuffle = H5Z_FILTER_SHUFFLE
  static let fletcher32 = H5Z_FILTER_FLETCHER32
  /// The number registered for LZF, which h5py has built in.
  static let lzf: Int32 = 32_000

  /// The common name of the filter, or its number.
  var name: String { Self.names[id] ?? "filter \(id)" }

  /// Whether this process can undo it; may load a plugin.
  var isAvailable: Bool { H5Zfilter_avail(id) > 0 }

  /// The names under which The HDF Group lists registered filters.
  private static let names: [Int32: String] = [
    1: "gzip", 2: "shuffle", 3: "Fletcher-32", 4: "szip", 5: "n-bit", 6: "scale-offset",
    305: "LZO", 307: "bzip2", 32_000: "lzf", 32_001: "blosc", 32_002: "MAFISC", 32_003: "snappy",
    32_004: "lz4", 32_005: "APAX", 32_006: "CBF", 32_007: "JPEG XR", 32_008: "bitshuffle",
    32_009: "SPDP", 32_010: "LPC-Rice", 32_011: "CCSDS-123", 32_012: "JPEG-LS", 32_013: "zfp",
    32_014: "fpzip", 32_015: "zstd", 32_016: "B3D", 32_017: "SZ", 32_018: "FCIDECOMP",
    32_019: "JPEG", 32_020: "VBZ", 32_021: "FAPEC", 32_022: "BitGroom", 32_023: "BitRound",
    32_024: "SZ3", 32_025: "Delta-Rice", 32_026: "blosc2", 32_027: "FLAC",
  ]
}
