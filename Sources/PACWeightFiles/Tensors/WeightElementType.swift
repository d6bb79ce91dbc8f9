/// What one stored element is.
///
/// Floating-point kinds become `Float`; whole numbers and truth values, of which a network has counters at most, do not.
public enum WeightElementType: String, Sendable, CaseIterable {
  /// IEEE 754 of 64 bits.
  case float64
  /// IEEE 754 of 32 bits.
  case float32
  /// IEEE 754 of 16 bits.
  case float16
  /// The upper half of a `float32`.
  case bfloat16
  /// Whole numbers of 64 bits.
  case int64
  /// Whole numbers of 32 bits.
  case int32
  /// Whole numbers of 16 bits.
  case int16
  /// Whole numbers of 8 bits.
  case int8
  /// Whole numbers of 64 bits, none negative.
  case uint64
  /// Whole numbers of 32 bits, none negative.
  case uint32
  /// Whole numbers of 16 bits, none negative.
  case uint16
  /// Whole numbers of 8 bits, none negative.
  case uint8
  /// True or false, a byte each.
  case bool

  /// The size of one element.
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

  /// The element that begins at `pointer`, as `Float`; `float64` is rounded to the nearest.
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
    default: preconditionFailure("\(self) is no floating-point type")
    }
  }
}
