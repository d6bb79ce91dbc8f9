import Foundation

/// Puts PNG files of any kind together byte by byte, as the specification says; stored without
/// compression.
public struct PNGBuilder {
  private let width: Int
  private let height: Int
  private let bitDepth: Int
  private let colorType: UInt8
  private let isInterlaced: Bool
  private let palette: [[UInt8]]
  private let transparency: [UInt8]
  /// Exif data; none if empty.
  public var exif = Data()
  /// Whether they lie behind the pixels.
  public var hasExifLast = false
  private let pixel: (_ y: Int, _ x: Int) -> [Int]

  /// Describes a file.
  /// - Parameters:
  ///   - width: the columns.
  ///   - height: the rows.
  ///   - bitDepth: bits of one sample as stored: 1, 2, 4, 8 or 16.
  ///   - colorType: 0 grey, 2 RGB, 3 palette, 4 grey and opacity, 6 RGB and opacity.
  ///   - isInterlaced: whether the pixels come in seven passes.
  ///   - palette: colours of the palette.
  ///   - transparency: opacity of the palette's colours.
  ///   - pixel: stored channels of row y, column x.
  public init(
    width: Int, height: Int, bitDepth: Int, colorType: UInt8, isInterlaced: Bool = false,
    palette: [[UInt8]] = [], transparency: [UInt8] = [],
    pixel: @escaping (_ y: Int, _ x: Int) -> [Int]
  ) {
    self.width = width
    self.height = height
    self.bitDepth = bitDepth
    self.colorType = colorType
    self.isInterlaced = isInterlaced
    self.palette = palette
    self.transparency = transparency
    self.pixel = pixel
  }

  /// The file's bytes.
  public func data() -> Data {
    var header = Data()
    append(UInt32(width), to: &header)
    append(UInt32(height), to: &header)
    header.append(contentsOf: [UInt8(bitDepth), colorType, 0, 0, isInterlaced ? 1 : 0])
    var file = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    // A gamma that a careless reader would apply.
    file += chunk("IHDR", header) + chunk("gAMA", Data([0, 0, 0x30, 0]))
    if !palette.isEmpty { file += chunk("PLTE", Data(palette.flatMap { $0 })) }
    if !transparency.isEmpty { file += chunk("tRNS", Data(transparency)) }
    let exif = exif.isEmpty ? Data() : chunk("eXIf", exif)
    let pixels = chunk("IDAT", zlib(scanlines()))
    return file + (hasExifLast ? pixels + exif : exif + pixels) + chunk("IEND", Data())
  }

  private func scanlines() -> [UInt8] {
    let adam7 = [
      (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
      (1, 0, 2, 1),
    ]
    var bytes: [UInt8] = []
    for (y0, x0, dy, dx) in isInterlaced ? adam7 : [(0, 0, 1, 1)] where x0 < width {
      for y in stride(from: y0, to: height, by: dy) {
        bytes.append(0)
        bytes += packed(stride(from: x0, to: width, by: dx).flatMap { pixel(y, $0) })
      }
    }
    return bytes
  }

  private func packed(_ samples: [Int]) -> [UInt8] {
    if bitDepth == 16 { return samples.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
    let perByte = 8 / bitDepth
    return stride(from: 0, to: samples.count, by: perByte).map { start in
      var byte = 0
      for offset in 0..<perByte {
        let sample = start + offset < samples.count ? samples[start + offset] : 0
        byte = byte << bitDepth | sample
      }
      return UInt8(byte)
    }
  }

  /// One stored block behind zlib's header, then Adler's checksum.
  private func zlib(_ bytes: [UInt8]) -> Data {
    let count = bytes.count
    precondition(count < 65536)
    var data = Data([0x78, 0x01, 1])
    data.append(contentsOf: [UInt8(count & 255), UInt8(count >> 8)])
    data.append(contentsOf: [UInt8(~count & 255), UInt8(~count >> 8 & 255)])
    data.append(contentsOf: bytes)
    let sums = bytes.reduce((UInt32(1), UInt32(0))) { sums, byte in
      let low = (sums.0 + UInt32(byte)) % 65521
      return (low, (sums.1 + low) % 65521)
    }
    append(sums.1 << 16 | sums.0, to: &data)
    return data
  }

  private func chunk(_ name: String, _ contents: Data) -> Data {
    let body = Data(name.utf8) + contents
    var data = Data()
    append(UInt32(contents.count), to: &data)
    data += body
    let checksum = body.reduce(~UInt32(0)) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in
        value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
      }
    }
    append(~checksum, to: &data)
    return data
  }

  private func append(_ value: UInt32, to data: inout Data) {
    withUnsafeBytes(of: value.bigEndian) { data.append(contentsOf: $0) }
  }
}
