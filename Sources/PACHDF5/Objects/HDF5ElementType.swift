import CPACHDF5

/// The type of an element of a dataset or attribute in the file.
public enum HDF5ElementType: Equatable, Sendable, CustomStringConvertible {
  /// Signed 8-bit integers.
  case int8
  /// Unsigned 8-bit integers.
  case uint8
  /// Signed 16-bit integers.
  case int16
  /// Unsigned 16-bit integers.
  case uint16
  /// Signed 32-bit integers.
  case int32
  /// Unsigned 32-bit integers.
  case uint32
  /// Signed 64-bit integers.
  case int64
  /// Unsigned 64-bit integers.
  case uint64
  /// 32-bit floating-point numbers.
  case float32
  /// 64-bit floating-point numbers.
  case float64
  /// Strings; written as UTF-8 of variable length.
  case string
  /// Anything else, described.
  case other(String)

  /// The name that NumPy uses, such as `float32`.
  public var description: String {
    switch self {
    case .int8: "int8"
    case .uint8: "uint8"
    case .int16: "int16"
    case .uint16: "uint16"
    case .int32: "int32"
    case .uint32: "uint32"
    case .int64: "int64"
    case .uint64: "uint64"
    case .float32: "float32"
    case .float64: "float64"
    case .string: "string"
    case .other(let words): words
    }
  }

  /// Whether elements can be read as numbers.
  public var isNumber: Bool {
    switch self {
    case .string: false
    case .other(let words): words.hasSuffix("-bit integer") || words.hasSuffix("-bit float")
    default: true
    }
  }

  /// The type found in a file.
  init(identifier type: hid_t) {
    let bytes = H5Tget_size(type)
    switch H5Tget_class(type) {
    case H5T_INTEGER:
      self = Self.integer(bytes: bytes, signed: H5Tget_sign(type) == H5T_SGN_2)
    case H5T_FLOAT:
      self = bytes == 4 ? .float32 : bytes == 8 ? .float64 : .other("\(8 * bytes)-bit float")
    case H5T_STRING: self = .string
    case H5T_COMPOUND: self = .other("compound")
    case H5T_ENUM: self = .other("enumeration")
    case H5T_REFERENCE: self = .other("reference")
    case H5T_ARRAY: self = .other("array")
    case H5T_VLEN: self = .other("variable-length list")
    case H5T_OPAQUE: self = .other("opaque bytes")
    default: self = .other("unknown type")
    }
  }

  private static func integer(bytes: Int, signed: Bool) -> HDF5ElementType {
    switch (bytes, signed) {
    case (1, true): .int8
    case (1, false): .uint8
    case (2, true): .int16
    case (2, false): .uint16
    case (4, true): .int32
    case (4, false): .uint32
    case (8, true): .int64
    case (8, false): .uint64
    default: .other("\(8 * bytes)-bit integer")
    }
  }

  /// The library's identifier of the type in memory, owned by the library; nil for strings and
  /// others.
  var native: hid_t? {
    switch self {
    case .int8: pac_h5t_native_int8()
    case .uint8: pac_h5t_native_uint8()
    case .int16: pac_h5t_native_int16()
    case .uint16: pac_h5t_native_uint16()
    case .int32: pac_h5t_native_int32()
    case .uint32: pac_h5t_native_uint32()
    case .int64: pac_h5t_native_int64()
    case .uint64: pac_h5t_native_uint64()
    case .float32: pac_h5t_native_float()
    case .float64: pac_h5t_native_double()
    case .string, .other: nil
    }
  }
}

/// A Swift number type that datasets can be read into and written from.
public protocol HDF5Element: BitwiseCopyable, Sendable {
  /// The corresponding type in a file.
  static var hdf5Type: HDF5ElementType { get }
}

extension Int8: HDF5Element {
  /// `int8`.
  public static var hdf5Type: HDF5ElementType { .int8 }
}

extension UInt8: HDF5Element {
  /// `uint8`.
  public static var hdf5Type: HDF5ElementType { .uint8 }
}

extension Int16: HDF5Element {
  /// `int16`.
  public static var hdf5Type: HDF5ElementType { .int16 }
}

extension UInt16: HDF5Element {
  /// `uint16`.
  public static var hdf5Type: HDF5ElementType { .uint16 }
}

extension Int32: HDF5Element {
  /// `int32`.
  public static var hdf5Type: HDF5ElementType { .int32 }
}

extension UInt32: HDF5Element {
  /// `uint32`.
  public static var hdf5Type: HDF5ElementType { .uint32 }
}

extension Int64: HDF5Element {
  /// `int64`.
  public static var hdf5Type: HDF5ElementType { .int64 }
}

extension UInt64: HDF5Element {
  /// `uint64`.
  public static var hdf5Type: HDF5ElementType { .uint64 }
}

extension Int: HDF5Element {
  /// `int64`.
  public static var hdf5Type: HDF5ElementType { .int64 }
}

extension Float: HDF5Element {
  /// `float32`.
  public static var hdf5Type: HDF5ElementType { .float32 }
}

extension Double: HDF5Element {
  /// `float64`.
  public static var hdf5Type: HDF5ElementType { .float64 }
}
