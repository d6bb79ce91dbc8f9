import Foundation
import PACImageFiles
import PACTestSupport
import Testing

@Suite struct PNGTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  struct Kind: Sendable, CustomStringConvertible {
    let colorType: UInt8
    let bitDepth: Int
    let isInterlaced: Bool
    var description: String { "type \(colorType), \(bitDepth) bits, interlaced: \(isInterlaced)" }
  }

  static let kinds: [Kind] = [
    (0, [1, 2, 4, 8, 16]), (2, [8, 16]), (4, [8, 16]), (6, [8, 16]),
  ].flatMap { (type: UInt8, depths: [Int]) in
    depths.flatMap { depth in
      [false, true].map { Kind(colorType: type, bitDepth: depth, isInterlaced: $0) }
    }
  }

  @Test(arguments: kinds, [(1, 1), (7, 5), (13, 9)])
  func everyKind(_ kind: Kind, _ size: (width: Int, height: Int)) throws {
    let stored: [UInt8: Int] = [0: 1, 2: 3, 4: 2, 6: 4]
    let channels = try #require(stored[kind.colorType])
    var random = SystemRandomNumberGenerator()
    let seed = Int(random.next() % 1_000_000)
    let maximum = 1 << kind.bitDepth - 1
    func pixel(_ y: Int, _ x: Int) -> [Int] {
      (0..<channels).map { ((seed + y * 31 + x * 17 + $0 * 7) &* 40503) >> 3 & maximum }
    }
    let builder = PNGBuilder(
      width: size.width, height: size.height, bitDepth: kind.bitDepth, colorType: kind.colorType,
      isInterlaced: kind.isInterlaced, pixel: pixel)
    let path = try folder.write(builder.data(), as: "image.png")
    let kept = channels > 2 ? 3 : 1
    let scale = kind.bitDepth < 8 ? 255 / maximum : 1
    let expected = (0..<size.height).flatMap { y in
      (0..<size.width).flatMap { x in pixel(y, x).prefix(kept).map { UInt16($0 * scale) } }
    }
    let image = try Raster(contentsOf: path)
    #expect(image.samples == expected, "seed \(seed)")
    #expect(image.width == size.width && image.height == size.height && image.channels == kept)
    #expect(image.bitDepth == (kind.bitDepth == 16 ? 16 : 8))
    #expect(try Raster.header(of: path) == image.header)
  }

  @Test(arguments: [1, 2, 4, 8], [false, true])
  func palette(_ bitDepth: Int, _ isTransparent: Bool) throws {
    let colors: [[UInt8]] = (0..<1 << bitDepth).map { number in
      let value = UInt8(number)
      return [value, 255 - value, value / 2]
    }
    let index = { (y: Int, x: Int) in (3 * y + 5 * x) % colors.count }
    let builder = PNGBuilder(
      width: 9, height: 6, bitDepth: bitDepth, colorType: 3, palette: colors,
      transparency: isTransparent ? [0, 128] : [], pixel: { [index($0, $1)] })
    let path = try folder.write(builder.data(), as: "palette.png")
    let indices = (0..<6).flatMap { y in (0..<9).map { x in index(y, x) } }
    let raw = try PNG.read(path, palette: .indices)
    #expect(raw.channels == 1)
    #expect(raw.samples == indices.map { UInt16($0) })
    #expect(raw.palette == colors.map { PNG.Color($0[0], $0[1], $0[2]) })
    let shown = try PNG.read(path)
    #expect(shown.channels == 3)
    #expect(shown.samples == indices.flatMap { colors[$0].map { UInt16($0) } })
  }

  /// Class numbers and counts of depth: as they are stored, whatever their bits.
  @Test(arguments: kinds)
  func numbers(_ kind: Kind) throws {
    let channels = kind.colorType & 2 == 0 ? 1 : 3
    let maximum = 1 << kind.bitDepth - 1
    let hasAlpha = kind.colorType & 4 != 0
    func pixel(_ y: Int, _ x: Int) -> [Int] {
      (0..<channels).map { (5 * y + 3 * x + $0) & maximum } + (hasAlpha ? [maximum] : [])
    }
    func builder(_ pixel: @escaping (Int, Int) -> [Int]) -> PNGBuilder {
      PNGBuilder(
        width: 13, height: 9, bitDepth: kind.bitDepth, colorType: kind.colorType,
        isInterlaced: kind.isInterlaced, pixel: pixel)
    }
    let path = try folder.write(builder(pixel).data(), as: "numbers.png")
    let image = try PNG.read(path, palette: .indices)
    let expected = (0..<9).flatMap { y in
      (0..<13).flatMap { x in pixel(y, x).prefix(channels).map { UInt16($0) } }
    }
    #expect(image.samples == expected)
    #expect(image.palette.isEmpty && image.channels == channels)
    #expect(image.header.isPlain == (kind.bitDepth >= 8 && !hasAlpha))
    guard hasAlpha else { return }
    let clear = builder { y, x in
      pixel(y, x).dropLast() + [(y, x) == (4, 7) ? maximum - 1 : maximum]
    }
    try folder.write(clear.data(), as: "numbers.png")
    #expect(
      message { _ = try PNG.read(path, palette: .indices) }
        == "\(path): transparent at row 4, column 7, where a number is expected; save it without alpha"
    )
  }

  @Test(arguments: [(1, 8), (3, 8), (1, 16), (3, 16)])
  func writes(_ kind: (channels: Int, bitDepth: Int)) throws {
    let maximum = kind.bitDepth == 16 ? 65535 : 255
    let samples = (0..<11 * 7 * kind.channels).map { UInt16(($0 * 2531 + 77) % (maximum + 1)) }
    let raster = Raster(
      width: 11, height: 7, channels: kind.channels, bitDepth: kind.bitDepth, samples: samples)
    try PNG.write(raster, to: folder("written.png"))
    #expect(try Raster(contentsOf: folder("written.png")) == raster)
  }

  @Test func everyCutIsAnError() throws {
    let builder = PNGBuilder(
      width: 8, height: 8, bitDepth: 8, colorType: 2, pixel: { [$0, $1, $0 + $1] })
    let whole = builder.data()
    // The last four bytes are the checksum of the empty end chunk.
    for length in 8..<whole.count {
      let path = try folder.write(whole.prefix(length), as: "cut.png")
      let text = message { _ = try Raster(contentsOf: path) }
      #expect(text.hasPrefix("\(path): the image is truncated or damaged ("), "\(length): \(text)")
      #expect(!text.contains("\n"))
    }
  }

  @Test func everyDamagedByteIsReadOrRefused() throws {
    let builder = PNGBuilder(
      width: 8, height: 8, bitDepth: 8, colorType: 2, pixel: { [$0, $1, $0 + $1] })
    let whole = builder.data()
    for position in 8..<whole.count {
      var damaged = whole
      damaged[position] ^= 0x55
      let path = try folder.write(damaged, as: "damaged.png")
      let text = message { _ = try Raster(contentsOf: path) }
      #expect(text.hasPrefix("\(path): "), "\(position): \(text)")
    }
  }

  @Test func namesTheFault() throws {
    let builder = PNGBuilder(width: 8, height: 8, bitDepth: 8, colorType: 0, pixel: { [$0 + $1] })
    var damaged = builder.data()
    damaged[damaged.count - 13] ^= 1
    let path = try folder.write(damaged, as: "damaged.png")
    #expect(
      message { _ = try Raster(contentsOf: path) }
        == "\(path): the image is truncated or damaged (IDAT: CRC error); replace the file")
    let text = try folder.write(Data("no image".utf8), as: "text.png")
    #expect(
      message { _ = try Raster(contentsOf: text) }
        == "\(text): neither a PNG nor a JPEG file; replace or remove the file")
    let empty = try folder.write(Data(), as: "empty.png")
    #expect(
      message { _ = try Raster(contentsOf: empty) }
        == "\(empty): the file is empty; replace or remove the file")
    #expect(
      message { _ = try Raster(contentsOf: folder("none.png")) }
        == "\(folder("none.png")): no such file; check the path")
    #expect(
      message { _ = try Raster(contentsOf: folder.path) }
        == "\(folder.path): is a folder; name a file")
  }

  @Test func hugeSizesAreRefused() throws {
    let builder = PNGBuilder(
      width: 900_000, height: 0, bitDepth: 8, colorType: 0, pixel: { _, _ in [0] })
    let path = try folder.write(builder.data(), as: "huge.png")
    #expect(message { _ = try Raster(contentsOf: path) }.hasPrefix("\(path): "))
  }

  @Test func unwritableFolder() {
    let raster = Raster(width: 1, height: 1, channels: 1, samples: [7])
    let path = folder("none/image.png")
    #expect(
      message { try PNG.write(raster, to: path) }
        == "\(path): cannot create the file (No such file or directory); check the folder")
  }

  @Test func fullDiskLeavesNothing() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 2000, rlim_max: 2000)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let samples = (0..<100_000).map { UInt16(truncatingIfNeeded: $0 &* 40503) }
      let raster = Raster(width: 500, height: 200, channels: 1, bitDepth: 16, samples: samples)
      let path = folder("big.png")
      let text = message { try PNG.write(raster, to: path) }
      let expected =
        "\(path): cannot write the image (File too large); check the free disk space and the quota"
      #expect(text == expected)
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }
}
