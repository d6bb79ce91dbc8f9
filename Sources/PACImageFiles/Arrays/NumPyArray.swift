import Glibc
import PACFiles

/// An array of numbers from a `.npy` file, versions 1 to 3 of the format.
///
/// Format: `numpy.lib.format` in NumPy's documentation. Both byte orders and both memory orders are
/// supported. Integers of up to 32 bits and floats are exact as `Double`.
public struct NumPyArray: Sendable, Equatable {
  /// The extents, outermost first.
  public let shape: [Int]
  /// The elements in row-major order, whatever the order in the file.
  public let elements: [Double]

  /// Reads a `.npy` file.
  public init(contentsOf path: String) throws { try self.init(OpenFile(reading: path)) }

  /// Decodes the bytes of a `.npy` file.
  /// - Parameters:
  ///   - bytes: the contents of the file.
  ///   - name: its name in errors.
  /// - Throws: `ImageFileError` if the bytes are not such a file, or damaged.
  public init(decoding bytes: [UInt8], name: String) throws {
    try self.init(OpenFile(reading: bytes, name: name))
  }

  private init(_ file: OpenFile) throws {
    let layout = try Self.layout(file)
    let bytes = try Self.data(file, layout)
    let stored = layout.type.decode(bytes)
    shape = layout.shape
    elements = layout.isColumnMajor ? Self.rowMajor(stored, layout.shape) : stored
  }

  /// Reads only the shape.
  public static func shape(of path: String) throws -> [Int] {
    try layout(OpenFile(reading: path)).shape
  }

  /// NumPy's own limit.
  private static let largestRank = 64

  /// The contents of a file's header.
  private struct Layout {
    let type: NumPyType
    let isColumnMajor: Bool
    let shape: [Int]
    let offset: Int
  }

  private static func layout(_ file: OpenFile) throws -> Layout {
    func damaged(_ cause: String) -> ImageFileError { .damaged(file.path, cause) }
    let start = file.firstBytes(12)
    guard start.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw ImageFileError(
        file: file.path, problem: "not a .npy file", advice: "save the array with numpy.save")
    }
    guard start.count == 12 else { throw damaged("the header is cut") }
    let isLong = start[6] >= 2
    let length =
      isLong
      ? (0..<4).reduce(0) { $0 | Int(start[8 + $1]) << (8 * $1) }
      : Int(start[8]) | Int(start[9]) << 8
    let offset = (isLong ? 12 : 10) + length
    guard (1...3).contains(start[6]), length <= 1 << 20 else { throw damaged("unknown version") }
    let head = file.firstBytes(offset)
    guard head.count == offset else { throw damaged("the header is cut") }
    let text = String(decoding: head.suffix(length), as: UTF8.self)
    guard let header = NumPyHeader(text) else {
      throw damaged("the header cannot be read: \(shown(text))")
    }
    guard header.shape.count <= largestRank else {
      throw damaged("\(header.shape.count) axes")
    }
    guard let type = NumPyType(header.description) else {
      throw ImageFileError(
        file: file.path, problem: "elements of type \(shown(header.description))",
        advice: "save the array as float16, float32, float64 or an integer type")
    }
    return Layout(
      type: type, isColumnMajor: header.isColumnMajor, shape: header.shape, offset: offset)
  }

  private static func data(_ file: OpenFile, _ layout: Layout) throws -> [UInt8] {
    var expected = layout.type.bytes
    for extent in layout.shape {
      let (product, overflow) = expected.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= 1 << 34 else {
        throw ImageFileError.damaged(file.path, "shape \(layout.shape)")
      }
      expected = product
    }
    return try file.withStream { stream in
      fseek(stream, 0, SEEK_END)
      let found = ftell(stream) - layout.offset
      guard found >= expected else {
        throw ImageFileError.damaged(
          file.path, "\(expected) bytes of elements expected, \(found) found")
      }
      fseek(stream, layout.offset, SEEK_SET)
      let bytes = [UInt8](unsafeUninitializedCapacity: expected) { buffer, initialized in
        initialized = fread(buffer.baseAddress, 1, expected, stream)
      }
      guard bytes.count == expected else {
        throw ImageFileError.damaged(file.path, "the elements cannot be read")
      }
      return bytes
    }
  }

  /// Reorders elements stored with the first axis varying fastest.
  private static func rowMajor(_ stored: [Double], _ shape: [Int]) -> [Double] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropFirst() { strides[axis] = strides[axis - 1] * shape[axis - 1] }
    var index = [Int](repeating: 0, count: shape.count)
    var position = 0
    return stored.indices.map { _ in
      let value = stored[position]
      // Counts in row-major order and updates the position in the stored order.
      for axis in shape.indices.reversed() {
        index[axis] += 1
        position += strides[axis]
        if index[axis] < shape[axis] { break }
        position -= strides[axis] * shape[axis]
        index[axis] = 0
      }
      return value
    }
  }
}

/// The Python dictionary at the beginning of a `.npy` file:
/// `{'descr': '<f4', 'fortran_order': True, 'shape': (480, 640), }`.
private struct NumPyHeader {
  let description: String
  let isColumnMajor: Bool
  let shape: [Int]

  init?(_ text: String) {
    guard let order = Self.value("fortran_order", in: text),
      let type = Self.value("descr", in: text), let quote = type.first,
      quote == "'" || quote == "\"", let extents = Self.value("shape", in: text),
      extents.first == "(", let end = extents.firstIndex(of: ")")
    else { return nil }
    let items = extents[..<end].dropFirst().split(separator: ",").map { item in
      item.filter { $0 != " " }
    }
    let shape = items.filter { !$0.isEmpty }.compactMap { Int($0) }
    guard shape.count == items.count(where: { !$0.isEmpty }), shape.allSatisfy({ $0 >= 0 }),
      order.hasPrefix("True") || order.hasPrefix("False")
    else { return nil }
    self.description = String(type.dropFirst().prefix { $0 != quote })
    self.isColumnMajor = order.hasPrefix("True")
    self.shape = shape
  }

  /// The text after a quoted key and its colon.
  private static func value(_ key: String, in text: String) -> Substring? {
    for quote in ["'", "\""] {
      let parts = text.split(
        separator: "\(quote)\(key)\(quote)", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      return parts[1].drop { $0 == " " || $0 == ":" }
    }
    return nil
  }
}

/// An element type such as `<f4`: byte order, kind, bytes.
private struct NumPyType {
  let isBigEndian: Bool
  let kind: Character
  let bytes: Int

  init?(_ description: String) {
    guard let order = description.first, "<>|=".contains(order),
      let kind = description.dropFirst().first, let bytes = Int(description.dropFirst(2))
    else { return nil }
    let known: [Character: [Int]] = [
      "f": [2, 4, 8], "u": [1, 2, 4, 8], "i": [1, 2, 4, 8], "b": [1],
    ]
    guard known[kind]?.contains(bytes) == true else { return nil }
    self.isBigEndian = order == ">"
    self.kind = kind
    self.bytes = bytes
  }

  func decode(_ data: [UInt8]) -> [Double] {
    (0..<data.count / bytes).map { index in
      var bits: UInt64 = 0
      for byte in 0..<bytes {
        let place = isBigEndian ? bytes - 1 - byte : byte
        bits |= UInt64(data[index * bytes + byte]) << (8 * UInt64(place))
      }
      return number(bits)
    }
  }

  private func number(_ bits: UInt64) -> Double {
    switch kind {
    case "f" where bytes == 2:
      return Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
    case "f" where bytes == 4: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case "f": return Double(bitPattern: bits)
    case "i":
      // Sign extension: moves the sign bit to the top and back.
      let shift = 64 - 8 * bytes
      return Double(Int64(bitPattern: bits << UInt64(shift)) >> Int64(shift))
    default: return Double(bits)
    }
  }
}
