import Foundation

/// Makes MATLAB files of version 5: a structure whose fields are matrices of bytes, among others
/// SBD's `GTcls`.
public struct MATLABBuilder {
  /// The variable's name.
  public var variable = "GTcls"
  /// The fields in order: name, rows, columns, numbers row by row.
  public var fields: [(name: String, rows: Int, columns: Int, values: [UInt8])]
  /// Whether the variable lies in a zlib stream.
  public var isCompressed = false
  /// Whether the most significant byte comes first.
  public var isBigEndian = false
  /// 9 = uint8, 6 = double, 8 = int8; the class of the matrices.
  public var matrixClass: UInt32 = 9
  /// 2 = uint8, 4 = uint16, 9 = double: how the numbers are stored.
  public var storedType: UInt32 = 2

  /// Describes a file.
  public init(_ fields: [(name: String, rows: Int, columns: Int, values: [UInt8])]) {
    self.fields = fields
  }

  /// The file's bytes.
  public func data() -> Data { data(of: [structure()]) }

  /// The bytes of a file of columns of numbers, such as NYU's `splits.mat`; `storedType` 4 = uint16,
  /// 5 = int32 or 9 = double.
  public func data(columns: [(name: String, numbers: [Double])]) -> Data {
    data(
      of: columns.map { column in
        array(
          matrixClass, column.name, column.numbers.count, 1,
          element(storedType, column.numbers.flatMap(stored)))
      })
  }

  /// The bytes of a number as `storedType`.
  private func stored(_ number: Double) -> [UInt8] {
    let (bits, size): (UInt64, Int) =
      switch storedType {
      case 9: (number.bitPattern, 8)
      case 5: (UInt64(UInt32(bitPattern: Int32(number))), 4)
      default: (UInt64(UInt16(number)), 2)
      }
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) }
    return isBigEndian ? bytes.reversed() : bytes
  }

  private func data(of variables: [[UInt8]]) -> Data {
    var header = Array("MATLAB 5.0 MAT-file, made by a test".utf8)
    header += [UInt8](repeating: UInt8(ascii: " "), count: 116 - header.count)
    header += [UInt8](repeating: 0, count: 8)
    header += isBigEndian ? [1, 0] : [0, 1]
    header += Array((isBigEndian ? "MI" : "IM").utf8)
    let body = variables.flatMap { variable in
      isCompressed ? word(15) + word(UInt32(stored(variable).count)) + stored(variable) : variable
    }
    return Data(header + body)
  }

  private func word(_ number: UInt32) -> [UInt8] {
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    return isBigEndian ? bytes.reversed() : bytes
  }

  /// An element, in the small form where it fits.
  private func element(_ type: UInt32, _ data: [UInt8]) -> [UInt8] {
    if (1...4).contains(data.count) {
      return word(UInt32(data.count) << 16 | type) + data
        + [UInt8](repeating: 0, count: 4 - data.count)
    }
    return word(type) + word(UInt32(data.count)) + data
      + [UInt8](repeating: 0, count: (8 - data.count % 8) % 8)
  }

  private func array(
    _ kind: UInt32, _ name: String, _ rows: Int, _ columns: Int, _ contents: [UInt8]
  ) -> [UInt8] {
    element(
      14,
      element(6, word(kind) + word(0)) + element(5, word(UInt32(rows)) + word(UInt32(columns)))
        + element(1, Array(name.utf8)) + contents)
  }

  private func structure() -> [UInt8] {
    let names = fields.flatMap {
      Array($0.name.utf8) + [UInt8](repeating: 0, count: 32 - $0.name.utf8.count)
    }
    let matrices = fields.flatMap { array(matrixClass, "", $0.rows, $0.columns, numbers($0)) }
    return array(2, variable, 1, 1, element(5, word(32)) + element(1, names) + matrices)
  }

  /// MATLAB stores matrices column by column.
  private func numbers(
    _ field: (name: String, rows: Int, columns: Int, values: [UInt8])
  ) -> [UInt8] {
    let columns = (0..<field.rows * field.columns).map {
      field.values[$0 % field.rows * field.columns + $0 / field.rows]
    }
    switch storedType {
    case 4: return element(4, columns.flatMap { isBigEndian ? [0, $0] : [$0, 0] })
    case 9:
      return element(
        9,
        columns.flatMap { value in
          let bits = Double(value).bitPattern
          let bytes = (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
          return isBigEndian ? bytes.reversed() : bytes
        })
    default: return element(storedType, columns)
    }
  }

  /// A zlib stream of stored blocks.
  private func stored(_ bytes: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    for start in stride(from: 0, to: bytes.count, by: 60_000) {
      let block = bytes[start..<min(start + 60_000, bytes.count)]
      let (low, high) = (UInt8(block.count & 255), UInt8(block.count >> 8))
      stream += [start + block.count == bytes.count ? 1 : 0, low, high, ~low, ~high] + block
    }
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    let sum = b << 16 | a
    return stream + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }
  }
}
