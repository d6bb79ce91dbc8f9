import Foundation
import PACImageFiles
import PACTestSupport
import Testing

/// Pictures that a camera stored turned or mirrored, in JPEG and PNG files.
@Suite struct OrientationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Exif with the tag of the orientation behind another one.
  static func exif(_ number: UInt8, isLittle: Bool = true) -> Data {
    func word(_ value: UInt32, _ bytes: Int) -> [UInt8] {
      let little = (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
      return isLittle ? little : little.reversed()
    }
    let head = Array((isLittle ? "II" : "MM").utf8) + word(42, 2) + word(8, 4) + word(2, 2)
    let width = word(0x0100, 2) + word(3, 2) + word(1, 4) + word(7, 2) + [0, 0]
    let turn = word(0x0112, 2) + word(3, 2) + word(1, 4) + word(UInt32(number), 2) + [0, 0]
    return Data(head + width + turn + word(0, 4))
  }

  /// Numbers of the stored pixels of 3 × 2 (columns × rows) in the upright picture, as viewers turn
  /// them.
  static let upright: [(number: UInt8, rows: [[UInt16]])] = [
    (1, [[0, 1, 2], [3, 4, 5]]),
    (2, [[2, 1, 0], [5, 4, 3]]),
    (3, [[5, 4, 3], [2, 1, 0]]),
    (4, [[3, 4, 5], [0, 1, 2]]),
    (5, [[0, 3], [1, 4], [2, 5]]),
    (6, [[3, 0], [4, 1], [5, 2]]),
    (7, [[5, 2], [4, 1], [3, 0]]),
    (8, [[2, 5], [1, 4], [0, 3]]),
  ]

  private func png(_ bits: Int, exif: Data, isLast: Bool) -> Data {
    var builder = PNGBuilder(
      width: 3, height: 2, bitDepth: bits, colorType: 0, pixel: { [3 * $0 + $1] })
    builder.exif = exif
    builder.hasExifLast = isLast
    return builder.data()
  }

  @Test(arguments: upright, [false, true])
  func numbersInPNG(_ expected: (number: UInt8, rows: [[UInt16]]), isLast: Bool) throws {
    for bits in [4, 8, 16] {
      let exif = Self.exif(expected.number, isLittle: isLast)
      let path = try folder.write(png(bits, exif: exif, isLast: isLast), as: "turned.png")
      let image = try PNG.read(path, palette: .indices)
      #expect(image.samples == Array(expected.rows.joined()))
      #expect((image.height, image.width) == (expected.rows.count, expected.rows[0].count))
      #expect(image.header.orientation.number == Int(expected.number))
      let header = try Raster.header(of: path)
      #expect((header.height, header.width) == (image.height, image.width))
    }
  }

  /// The colour file of `JPEGTests`, 6 × 5, with Exif behind its first marker.
  @Test(arguments: upright)
  func colorsInJPEG(_ expected: (number: UInt8, rows: [[UInt16]])) throws {
    let plain = try JPEGTests().file(JPEGTests.color)
    let exif = Data("Exif".utf8) + [0, 0] + Self.exif(expected.number, isLittle: false)
    let length = exif.count + 2
    let segment = Data([0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)]) + exif
    let path = try folder.write(plain.prefix(2) + segment + plain.dropFirst(2), as: "turned.jpg")
    let stored = try Raster(decoding: Array(plain), name: "plain")
    let image = try Raster(contentsOf: path)
    let header = try Raster.header(of: path)
    #expect(image.header == header)
    #expect((image.height, image.width) == (expected.number < 5 ? (5, 6) : (6, 5)))
    // Corners, and the pixel to the right of the upper left one.
    func pixel(_ raster: Raster, _ row: Int, _ column: Int) -> [UInt16] {
      let start = (row * raster.width + column) * 3
      return Array(raster.samples[start..<start + 3])
    }
    let corners = [
      1: (0, 0, 0, 1), 2: (0, 5, 0, 4), 3: (4, 5, 4, 4), 4: (4, 0, 4, 1), 5: (0, 0, 1, 0),
      6: (4, 0, 3, 0), 7: (4, 5, 3, 5), 8: (0, 5, 1, 5),
    ]
    let (row, column, nextRow, nextColumn) = try #require(corners[Int(expected.number)])
    #expect(pixel(image, 0, 0) == pixel(stored, row, column))
    #expect(pixel(image, 0, 1) == pixel(stored, nextRow, nextColumn))
    #expect(
      pixel(image, image.height - 1, image.width - 1) == pixel(stored, 4 - row, 5 - column))
  }

  /// What says nothing, or is damaged, leaves the picture as it is.
  @Test func otherExif() throws {
    let exifs =
      [Self.exif(0), Self.exif(9), Data("II".utf8), Data("MM".utf8) + [0, 42, 255, 255, 255, 255]]
      + (0..<Self.exif(6).count - 8).map { Self.exif(6).prefix($0) }
    for exif in exifs {
      let path = try folder.write(png(8, exif: exif, isLast: false), as: "upright.png")
      #expect(try PNG.read(path).header.orientation == .upright, "\(exif.count)")
    }
  }

  /// A damaged chunk must not pass as none.
  @Test func damagedExifIsNamed() throws {
    var data = png(8, exif: Self.exif(6), isLast: false)
    let place = try #require(data.range(of: Data("eXIf".utf8)))
    data[place.upperBound + 4] ^= 1
    let path = try folder.write(data, as: "damaged.png")
    #expect(
      message { _ = try Raster(contentsOf: path) }
        == "\(path): the image is truncated or damaged (eXIf: CRC error); replace the file")
  }
}
