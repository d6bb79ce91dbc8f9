import CPACZlib
import Foundation
import Glibc
import PACImageFiles
import PACTestSupport
import Testing

/// Small files that ask for much memory or time are refused in one line.
@Suite struct FileSizeTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A length of field names of 64 bits, which exceeds `Int`.
  @Test(arguments: [false, true])
  func lengthsOfMATLABBeyondInt(bigEndian: Bool) throws {
    func word(_ number: UInt32) -> [UInt8] {
      let bytes = (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
      return bigEndian ? bytes.reversed() : bytes
    }
    func element(_ type: UInt32, _ data: [UInt8]) -> [UInt8] {
      word(type) + word(UInt32(data.count)) + data
        + [UInt8](repeating: 0, count: (8 - data.count % 8) % 8)
    }
    func text(_ length: [UInt8]) throws -> String {
      let structure = element(
        14,
        element(6, word(2) + word(0)) + element(5, word(1) + word(1))
          + element(1, Array("GTcls".utf8)) + element(5, length)
          + element(1, [UInt8](repeating: 65, count: 32)))
      var file = [UInt8](repeating: 32, count: 124) + (bigEndian ? [1, 0] : [0, 1])
      file += Array((bigEndian ? "MI" : "IM").utf8) + structure
      let path = try folder.write(Data(file), as: "a.mat")
      return message {
        try MATLABFile.readMatrix(path, variable: "GTcls", field: "Segmentation")
      }.replacingOccurrences(of: path, with: "F")
    }
    let start = "F: no MATLAB file (version 5) with GTcls.Segmentation (field names of "
    let all = [UInt8](repeating: 255, count: 8)
    #expect(try text(all) == start + "18446744073709551615 bytes); replace the file")
    #expect(try text(all + all) == start + "18446744073709551615 bytes); replace the file")
    #expect(try text([]) == start + "0 bytes); replace the file")
  }

  /// 300 MiB of zeros in one compressed element, or in several.
  @Test(arguments: [1, 3])
  func compressedElementsOfMATLAB(_ count: Int) throws {
    let plain = [UInt8](repeating: 0, count: (300 << 20) / count)
    var packed = [UInt8](repeating: 0, count: Int(compressBound(uLong(plain.count))))
    var size = uLongf(packed.count)
    #expect(compress(&packed, &size, plain, uLong(plain.count)) == Z_OK)
    packed = Array(packed.prefix(Int(size)))
    let words = [UInt32(15), UInt32(size)].flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    }
    var file = [UInt8](repeating: 32, count: 124) + [0, 1] + Array("IM".utf8)
    for _ in 0..<count { file += words + packed }
    let path = try folder.write(Data(file), as: "a.mat")
    let text = message {
      try MATLABFile.readMatrix(path, variable: "GTcls", field: "Segmentation")
    }
    #expect(
      text.hasSuffix(
        "MiB; if you trust the file, raise PAC_READ_MIB); replace the file")
        && text.contains("(compressed data of more than "), "\(text)")
  }

  /// A picture of one colour that takes 200 times the size of its file.
  @Test(arguments: [false, true])
  func picturesThatUnpackToMuch(bytes fromMemory: Bool) throws {
    let side = 12_000
    let row = [UInt8](repeating: 0, count: 1 + side / 8)
    var packed = [UInt8](repeating: 0, count: 1 << 20)
    var size = uLongf(packed.count)
    let plain = Array((0..<side).map { _ in row }.joined())
    #expect(compress(&packed, &size, plain, uLong(plain.count)) == Z_OK)
    func big(_ number: Int) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }
    func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
      let body = Array(name.utf8) + data
      let sum = crc32_z(crc32_z(0, nil, 0), body, z_size_t(body.count))
      return big(data.count) + body + big(Int(sum))
    }
    let file: [UInt8] =
      [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunk("IHDR", big(side) + big(side) + [1, 0, 0, 0, 0])
      + chunk("IDAT", Array(packed.prefix(Int(size)))) + chunk("IEND", [])
    let path = try folder.write(Data(file), as: "a.png")
    let text = message {
      fromMemory
        ? try Raster(decoding: file, name: path) : try Raster(contentsOf: path)
    }
    #expect(
      text == "\(path): the image of 12000 × 12000 pixels needs 411 MiB of memory, far more than a "
        + "file of \(file.count) bytes should; if you trust the file, set PAC_READ_MIB=412"
        || text == "\(path): the image of 12000 × 12000 pixels needs 412 MiB of memory, far more "
          + "than a file of \(file.count) bytes should; if you trust the file, set PAC_READ_MIB=412",
      "\(text)")
  }

  /// A baseline file whose scan is repeated: each would be decoded over the last one.
  @Test func picturesOfManyScans() throws {
    let source = packageRoot.appendingPathComponent(
      "Tests/PACDamagedFilesTests/Samples/progressive.jpg")
    let bytes = [UInt8](try Data(contentsOf: source))
    let starts = bytes.indices.dropLast().filter { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA }
    let last = try #require(starts.last)
    let scan = bytes[last..<bytes.count - 2]
    var file = Array(bytes.dropLast(2))
    for _ in 0..<120 { file += scan }
    let path = try folder.write(Data(file + bytes.suffix(2)), as: "a.jpg")
    let text = message { try Raster(contentsOf: path) }
    #expect(text.hasPrefix("\(path): the image is truncated or damaged ("), "\(text)")
  }

  @Test func arraysOfManyAxes() throws {
    func text(_ axes: Int) throws -> String {
      let shape = String(repeating: "1,", count: axes)
      let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (\(shape)), }\n"
      let count = header.utf8.count
      let data =
        [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(count & 255), UInt8(count >> 8)]
        + Array(header.utf8) + [7]
      let path = try folder.write(Data(data), as: "a.npy")
      return message { try NumPyArray(contentsOf: path) }
    }
    #expect(try text(64) == "no error")
    #expect(
      try text(65)
        == "\(folder("a.npy")): the image is truncated or damaged (65 axes); replace the file")
  }

  /// A pipe that nobody writes to.
  @Test func pipes() throws {
    let path = folder("pipe.npy")
    try #require(mkfifo(path, 0o600) == 0)
    #expect(
      message { try NumPyArray(contentsOf: path) }
        == "\(path): is a pipe; name a file, since this may never end")
    #expect(
      message { try Raster(contentsOf: "/dev/zero") }
        == "/dev/zero: is a device; name a file, since this may never end")
  }
}
