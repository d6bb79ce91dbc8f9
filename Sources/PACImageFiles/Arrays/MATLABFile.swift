import Foundation

/// Reads a matrix of small integers from a MATLAB file of version 5, such as SBD's label images.
///
/// Format: *MAT-File Format*, The MathWorks. It does not use libmatio because version 1.5.23
/// crashes on damaged files (docs/decisions/0007-matlab-files.md).
public enum MATLABFile {
  /// A matrix of integers from 0 to 255.
  public struct Matrix: Sendable, Equatable {
    /// The number of rows.
    public let height: Int
    /// The number of columns.
    public let width: Int
    /// The values in row-major order.
    public let values: [UInt8]
  }

  /// Reads the matrix in the field `field` of the structure `variable`.
  /// - Throws: `ImageFileError` naming the file if it is damaged or holds no such matrix.
  public static func readMatrix(
    _ path: String, variable: String, field: String
  ) throws -> Matrix {
    try read(path, "\(variable).\(field)", advice: "replace the file") {
      (bytes) throws(MATLABFault) in
      try array(variable, in: bytes).field(field).smallNumbers()
    }
  }

  /// Reads the numbers of the matrix `variable`, of any numeric class, in MATLAB's order, column by
  /// column.
  /// - Throws: `ImageFileError` naming the file if it is damaged or holds no such matrix.
  public static func readNumbers(_ path: String, variable: String) throws -> [Double] {
    try read(path, variable, advice: "name the right file, or save it with -v7") {
      (bytes) throws(MATLABFault) in
      try array(variable, in: bytes).numbers()
    }
  }

  /// Reads a file, and says what was wanted if `body` does not find it.
  private static func read<R>(
    _ path: String, _ wanted: String, advice: String,
    _ body: ([UInt8]) throws(MATLABFault) -> R
  ) throws -> R {
    let file = try OpenFile(reading: path)
    let bytes = file.allBytes()
    do throws(MATLABFault) {
      return try body(bytes)
    } catch {
      throw ImageFileError(
        file: path, problem: "no MATLAB file (version 5) with \(wanted)", cause: error.reason,
        advice: advice)
    }
  }

  /// The variable of this name.
  private static func array(
    _ variable: String, in bytes: [UInt8]
  ) throws(MATLABFault) -> MATLABArray {
    guard bytes.count >= 128 else { throw MATLABFault("shorter than a header") }
    let isLittle = bytes[126] == UInt8(ascii: "I") && bytes[127] == UInt8(ascii: "M")
    let isBig = bytes[126] == UInt8(ascii: "M") && bytes[127] == UInt8(ascii: "I")
    guard isLittle || isBig else { throw MATLABFault("no mark of the byte order") }
    let version = Int(bytes[isLittle ? 125 : 124])
    guard version == 1 else { throw MATLABFault("version \(version) of the format, not 1") }
    var elements = MATLABElements(bytes[128...], isLittle: isLittle)
    var decompression = Decompression(fileSize: bytes.count)
    while let element = try elements.next() {
      var matrix = element
      if element.type == MATLABElement.compressed {
        var inner = MATLABElements(
          try decompression.bytes(of: element.data)[...], isLittle: isLittle)
        guard let first = try inner.next() else { continue }
        matrix = first
      }
      guard matrix.type == MATLABElement.matrix else { continue }
      let array = try MATLABArray(matrix.data, isLittle: isLittle)
      if array.name == variable { return array }
    }
    throw MATLABFault("no variable \(variable)")
  }
}

struct MATLABFault: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

/// A piece of data with its type.
private struct MATLABElement {
  static let matrix = 14
  static let compressed = 15

  let type: Int
  let data: ArraySlice<UInt8>
}

/// Iterates over the elements in a block of bytes.
private struct MATLABElements {
  private var rest: ArraySlice<UInt8>
  private let isLittle: Bool

  init(_ bytes: ArraySlice<UInt8>, isLittle: Bool) {
    rest = bytes
    self.isLittle = isLittle
  }

  mutating func next() throws(MATLABFault) -> MATLABElement? {
    if rest.isEmpty { return nil }
    guard rest.count >= 8 else { throw MATLABFault("cut short") }
    let word = Int(unsigned(rest.prefix(4)))
    if word >> 16 != 0 {
      // The small format: type and size in one word, followed by at most four bytes.
      let size = word >> 16
      guard size <= 4 else { throw MATLABFault("a small element of \(size) bytes") }
      defer { rest = rest.dropFirst(8) }
      return MATLABElement(type: word & 0xFFFF, data: rest.dropFirst(4).prefix(size))
    }
    let size = Int(unsigned(rest.dropFirst(4).prefix(4)))
    guard size <= rest.count - 8 else {
      throw MATLABFault("an element of \(size) bytes where \(rest.count - 8) are left")
    }
    let element = MATLABElement(type: word, data: rest.dropFirst(8).prefix(size))
    let padded = word == MATLABElement.compressed ? size : (size + 7) / 8 * 8
    rest = rest.dropFirst(8 + padded)
    return element
  }

  mutating func required(_ what: String) throws(MATLABFault) -> MATLABElement {
    guard let element = try next() else { throw MATLABFault("no \(what)") }
    return element
  }

  /// A number of at most 64 bits; bytes beyond these are shifted out.
  func unsigned(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    (isLittle ? Array(bytes.reversed()) : Array(bytes)).reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// A parsed matrix element: class, extents and name, without a copy of the data.
private struct MATLABArray {
  let name: String
  private let kind: UInt8
  private let dimensions: [Int]
  private var elements: MATLABElements
  private let isLittle: Bool

  private static let structure: UInt8 = 2
  /// The numeric classes, double to uint64.
  private static let numbers: ClosedRange<UInt8> = 6...15

  init(_ bytes: ArraySlice<UInt8>, isLittle: Bool) throws(MATLABFault) {
    var elements = MATLABElements(bytes, isLittle: isLittle)
    let flags = try elements.required("array flags")
    guard flags.data.count == 8 else { throw MATLABFault("array flags of another size") }
    kind = UInt8(elements.unsigned(flags.data.prefix(4)) & 0xFF)
    let extents = try elements.required("dimensions").data
    dimensions = stride(from: 0, to: extents.count / 4 * 4, by: 4).map {
      Int(elements.unsigned(extents.dropFirst($0).prefix(4)))
    }
    name = String(decoding: try elements.required("name").data, as: UTF8.self)
    self.elements = elements
    self.isLittle = isLittle
  }

  /// A field of a structure of one element.
  func field(_ field: String) throws(MATLABFault) -> MATLABArray {
    guard kind == Self.structure else { throw MATLABFault("\(name) is no structure") }
    var elements = elements
    let stated = elements.unsigned(try elements.required("length of field names").data)
    guard let length = Int(exactly: stated), (1...1 << 16).contains(length) else {
      throw MATLABFault("field names of \(stated) bytes")
    }
    let text = try elements.required("field names").data
    for start in stride(from: 0, to: text.count, by: length) {
      let value = try elements.required("field")
      let own = text.dropFirst(start).prefix(length).prefix { $0 != 0 }
      if String(decoding: own, as: UTF8.self) == field {
        guard value.type == MATLABElement.matrix else { throw MATLABFault("\(field) is no matrix") }
        return try MATLABArray(value.data, isLittle: isLittle)
      }
    }
    throw MATLABFault("no field \(field)")
  }

  /// All numbers of a matrix of any numeric class, in the order in which they are stored.
  func numbers() throws(MATLABFault) -> [Double] {
    guard Self.numbers.contains(kind) else { throw MATLABFault("\(name) is no matrix of numbers") }
    var elements = elements
    let data = try elements.required("numbers")
    guard let type = MATLABNumber(rawValue: data.type) else {
      throw MATLABFault("numbers of an unknown type, \(data.type)")
    }
    var (count, isTooMany) = (1, false)
    for extent in dimensions {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      (count, isTooMany) = (product, isTooMany || overflow)
    }
    let (size, overflow) = count.multipliedReportingOverflow(by: type.size)
    guard !isTooMany, !overflow, size == data.data.count else {
      throw MATLABFault("\(data.data.count) bytes for \(dimensions) numbers")
    }
    return stride(from: data.data.startIndex, to: data.data.endIndex, by: type.size).map {
      type.number(elements.unsigned(data.data[$0..<$0 + type.size]))
    }
  }

  /// The values of a matrix, which MATLAB stores column by column.
  func smallNumbers() throws(MATLABFault) -> MATLABFile.Matrix {
    guard Self.numbers.contains(kind), dimensions.count == 2 else {
      throw MATLABFault("no matrix of numbers with two dimensions")
    }
    var elements = elements
    let data = try elements.required("numbers")
    // Whatever the class, values are stored in the smallest type that holds them: int8, uint8,
    // uint16.
    guard let size = [1: 1, 2: 1, 4: 2][data.type] else {
      throw MATLABFault("numbers of type \(data.type), which no label needs")
    }
    let (height, width) = (dimensions[0], dimensions[1])
    let (count, isTooMany) = height.multipliedReportingOverflow(by: width)
    guard !isTooMany, height > 0, width > 0, count == data.data.count / size,
      data.data.count % size == 0
    else {
      throw MATLABFault("\(data.data.count) bytes for \(height) × \(width) numbers")
    }
    let bytes = Array(data.data)
    var values = [UInt8](repeating: 0, count: count)
    for x in 0..<width {
      for y in 0..<height {
        let at = (x * height + y) * size
        let high = size == 2 ? bytes[isLittle ? at + 1 : at] : 0
        let value = bytes[size == 2 && !isLittle ? at + 1 : at]
        guard high == 0, data.type != 1 || value < 128 else {
          throw MATLABFault("a number beyond 0…255 at row \(y), column \(x)")
        }
        values[y * width + x] = value
      }
    }
    return MATLABFile.Matrix(height: height, width: width, values: values)
  }
}
