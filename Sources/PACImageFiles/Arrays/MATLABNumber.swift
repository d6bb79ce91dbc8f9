/// The types in which MATLAB files store numbers, by the number that the format gives them.
enum MATLABNumber: Int {
  case int8 = 1
  case uint8 = 2
  case int16 = 3
  case uint16 = 4
  case int32 = 5
  case uint32 = 6
  case single = 7
  case double = 9
  case int64 = 12
  case uint64 = 13

  /// The bytes of one number.
  var size: Int {
    switch self {
    case .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .single: 4
    case .double, .int64, .uint64: 8
    }
  }

  /// The number with these bits.
  func number(_ bits: UInt64) -> Double {
    switch self {
    case .int8: Double(Int8(truncatingIfNeeded: bits))
    case .int16: Double(Int16(truncatingIfNeeded: bits))
    case .int32: Double(Int32(truncatingIfNeeded: bits))
    case .int64: Double(Int64(truncatingIfNeeded: bits))
    case .uint8, .uint16, .uint32, .uint64: Double(bits)
    case .single: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .double: Double(bitPattern: bits)
    }
  }
}
