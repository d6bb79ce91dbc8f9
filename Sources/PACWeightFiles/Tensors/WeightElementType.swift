/// The type of a stored element.
///
/// Floating-point types convert to `Float`. Integers and Booleans, which networks only use for
/// counters, do not.
public enum WeightElementType: String, Sendable, CaseIterable {
  /// IEEE 754 of 64 bits.
  case float64
  /// IEEE 754 of 32 bits.
  case float32
  /// IEEE 754 of 16 bits.
  case float16
  /// The upper half of a `float32`.
  case bfloat16
  /// Signed 64-bit integers.
  case int64
  /// Signed 32-bit integers.
  case int32
  /// Signed 16-bit integers.
  case int16
  /// Signed 8-bit integers.
  case int8
  /// Unsigned 64-bit integers.
  case uint64
  /// Unsigned 32-bit integers.
  case uint32
  /// Unsigned 16-bit integers.
  case uint16
  /// Unsigned 8-bit integers.
  case uint8
  /// Booleans, one byte each.
  case bool

  /// The size of one element in bytes.
  public var bytes: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// Whether elements are weights rather than counters or indices.
  public var isFloatingPoint: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16: true
    default: false
    }
  }

  /// Loads the element at `pointer` as `Float`; `float64` is rounded to nearest.
  /// - Precondition: a floating-point type.
  func load(_ pointer: UnsafeRawPointer, isBigEndian: Bool) -> Float {
    func bits<T: FixedWidthInteger>(_: T.Type) -> T {
      let stored = pointer.loadUnaligned(as: T.self)
      return isBigEndian ? T(bigEndian: stored) : T(littleEndian: stored)
    }
    switch self {
    case .float64: return Float(Double(bitPattern: bits(UInt64.self)))
    case .float32: return Float(bitPattern: bits(UInt32.self))
    case .float16: return Float(Float16(bitPattern: bits(UInt16.self)))
    case .bfloat16: return Float(bitPattern: UInt32(bits(UInt16.self)) << 16)
    default: preconditionFailure("\(self) is not a floating-point type")
    }
  }
}
