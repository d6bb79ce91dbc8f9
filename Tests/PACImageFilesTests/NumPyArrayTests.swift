import Foundation
import PACImageFiles
import PACTestSupport
import Testing

@Suite struct NumPyArrayTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(
    _ type: String, _ shape: String, isColumnMajor: Bool = false, version: UInt8 = 1,
    _ body: [UInt8]
  ) -> Data {
    let order = isColumnMajor ? "True" : "False"
    var header = "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }"
    while (header.utf8.count + 13) % 64 != 0 { header += " " }
    header += "\n"
    let length = UInt32(header.utf8.count)
    var data = Data([0x93]) + Data("NUMPY".utf8) + Data([version, 0])
    let lengthBytes = withUnsafeBytes(of: length.littleEndian) { Data($0) }
    data += version == 1 ? lengthBytes.prefix(2) : lengthBytes
    return data + Data(header.utf8) + Data(body)
  }

  private func bytes<T>(_ values: [T]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  private func read(_ data: Data) throws -> NumPyArray {
    try NumPyArray(contentsOf: folder.write(data, as: "array.npy"))
  }

  @Test func everyType() throws {
    func check(_ type: String, _ body: [UInt8], _ expected: [Double]) throws {
      let array = try read(file(type, "(\(expected.count),)", body))
      #expect(array.shape == [expected.count])
      #expect(array.elements == expected, "\(type)")
    }
    try check("<f4", bytes([Float(1.5), -0.1]), [1.5, Double(Float(-0.1))])
    try check(">f4", bytes([Float(1.5).bitPattern.bigEndian]), [1.5])
    try check("<f2", bytes([Float16(1.5).bitPattern, 0xFBFF, 1]), [1.5, -65504, 0x1p-24])
    try check(">f2", bytes([Float16(-0.5).bitPattern.bigEndian, 0x007C]), [-0.5, .infinity])
    try check("<f8", bytes([1.5, -0.1]), [1.5, -0.1])
    try check(">f8", bytes([(-0.1).bitPattern.bigEndian]), [-0.1])
    try check("|u1", [0, 255], [0, 255])
    try check("|i1", [0, 255, 128], [0, -1, -128])
    try check("|b1", [0, 1], [0, 1])
    try check("<u2", bytes([UInt16(65535), 258]), [65535, 258])
    try check(">u2", [1, 2], [258])
    try check("<i2", bytes([Int16(-2), 300]), [-2, 300])
    try check("<u4", bytes([UInt32.max]), [4_294_967_295])
    try check("<i4", bytes([Int32.min, 7]), [-2_147_483_648, 7])
    try check(">i4", bytes([Int32(-7).bigEndian]), [-7])
    try check("<i8", bytes([Int64(-7)]), [-7])
  }

  @Test(arguments: [UInt8(1), 2, 3], [false, true])
  func memoryOrder(_ version: UInt8, _ isColumnMajor: Bool) throws {
    let (planes, rows, columns) = (2, 3, 4)
    func value(_ p: Int, _ r: Int, _ c: Int) -> UInt8 { UInt8(100 * p + 10 * r + c) }
    let rowMajor = (0..<planes).flatMap { p in
      (0..<rows).flatMap { r in (0..<columns).map { value(p, r, $0) } }
    }
    let columnMajor = (0..<columns).flatMap { c in
      (0..<rows).flatMap { r in (0..<planes).map { value($0, r, c) } }
    }
    let body = isColumnMajor ? columnMajor : rowMajor
    let data = file("|u1", "(2, 3, 4)", isColumnMajor: isColumnMajor, version: version, body)
    let array = try read(data)
    #expect(array.shape == [2, 3, 4])
    #expect(array.elements == rowMajor.map(Double.init))
    #expect(try NumPyArray.shape(of: folder("array.npy")) == [2, 3, 4])
  }

  @Test func scalarAndEmpty() throws {
    #expect(try read(file("<f8", "()", bytes([2.5]))).elements == [2.5])
    #expect(try read(file("<f8", "(0, 4)", [])).elements == [])
  }

  @Test func clearErrors() throws {
    let whole = file("<f4", "(2, 3)", bytes([Float](repeating: 1, count: 6)))
    let path = folder("array.npy")
    func text(_ data: Data) -> String { message { _ = try read(data) } }
    #expect(
      text(Data("PK".utf8)) == "\(path): not a .npy file; save the array with numpy.save")
    #expect(
      text(whole.dropLast(3))
        == "\(path): the image is truncated or damaged (24 bytes of elements expected, 21 found); "
        + "replace the file"
    )
    #expect(
      text(file("<c8", "(1,)", [0, 0, 0, 0, 0, 0, 0, 0]))
        == "\(path): elements of type <c8; save the array as float16, float32, float64 or an integer type"
    )
    // What stands in the file stays on the message's line.
    #expect(
      text(file("<f\u{0B}", "(1,)", [0]))
        == "\(path): elements of type <f\u{FFFD}; save the array as float16, float32, float64 or "
        + "an integer type"
    )
    #expect(
      text(file("<f4", "(99999999999, 99999999999)", []))
        == "\(path): the image is truncated or damaged (shape [99999999999, 99999999999]); replace "
        + "the file"
    )
    for length in 0..<whole.count {
      let message = text(whole.prefix(length))
      #expect(message.hasPrefix("\(path): "), "\(length): \(message)")
      #expect(!message.contains("\n"))
    }
  }
}

@Suite struct NumPyWritingTests {
  @Test(arguments: [[], [1], [7], [2, 3], [3, 1, 5, 2], [100, 1000]])
  func readsBack(_ shape: [Int]) throws {
    let folder = try TemporaryFolder()
    let elements = (0..<shape.reduce(1, *)).map { Float($0) * 0.37 - 5 }
    try NumPyArray.write(elements, shape: shape, to: folder("a.npy"))
    let array = try NumPyArray(contentsOf: folder("a.npy"))
    #expect(array.shape == shape)
    #expect(array.elements == elements.map(Double.init))
  }
}
