import CPACJPEG
import PACFiles

/// Reads JPEG files, grey or colour, upright.
public enum JPEG {
  /// Reads a JPEG file; CMYK files, which are made for printing, are rejected.
  public static func read(_ path: String) throws -> Raster {
    try JPEGDecoder(OpenFile(reading: path)).read()
  }

  static func read(_ file: OpenFile) throws -> Raster { try JPEGDecoder(file).read() }

  /// Reads only the header.
  public static func header(_ path: String) throws -> Raster.Header {
    try JPEGDecoder(OpenFile(reading: path)).header
  }
}

/// Owns libjpeg's state for one file.
private final class JPEGDecoder {
  private let file: OpenFile
  private let reader: UnsafeMutablePointer<pac_jpeg_reader>

  init(_ file: OpenFile) throws {
    self.file = file
    reader = .allocate(capacity: 1)
    reader.initialize(to: pac_jpeg_reader())
    try check(file.withStream { pac_jpeg_create(reader, $0) })
    try check(pac_jpeg_read_header(reader))
    switch reader.pointee.decoder.jpeg_color_space {
    case JCS_GRAYSCALE: reader.pointee.decoder.out_color_space = JCS_GRAYSCALE
    case JCS_YCbCr, JCS_RGB: reader.pointee.decoder.out_color_space = JCS_RGB
    default:
      throw ImageFileError(
        file: file.path,
        problem: "the colours are CMYK or unknown, neither grey nor RGB",
        advice: "convert the image to RGB")
    }
    // A block of 64 pixels takes at least one bit, or some hundredths of a bit with arithmetic
    // coding.
    try header.requireBounded(file, most: clampedProduct(4096, file.size))
  }

  deinit {
    pac_jpeg_destroy(reader)
    reader.deallocate()
  }

  var header: Raster.Header {
    Raster.Header(
      storedWidth: Int(reader.pointee.decoder.image_width),
      height: Int(reader.pointee.decoder.image_height),
      channels: reader.pointee.decoder.out_color_space == JCS_GRAYSCALE ? 1 : 3, bitDepth: 8,
      orientation: orientation)
  }

  /// What the first segment with Exif says.
  private var orientation: Orientation {
    let mark = Array("Exif".utf8) + [0, 0]
    var segment = reader.pointee.decoder.marker_list
    while let current = segment?.pointee {
      let bytes = UnsafeBufferPointer(start: current.data, count: Int(current.data_length))
      if bytes.starts(with: mark) { return Orientation(exif: bytes.dropFirst(mark.count)) }
      segment = current.next
    }
    return .upright
  }

  func read() throws -> Raster {
    let header = header
    // Of a file of several scans the library keeps all coefficients, two bytes each.
    let keepsAll = jpeg_has_multiple_scans(&reader.pointee.decoder) != 0
    try header.requireProportion(file, bytesPerPixel: keepsAll ? 2 * header.channels : 0)
    try check(pac_jpeg_start(reader))
    let decoder = reader.pointee.decoder
    var row = [UInt8](repeating: 0, count: Int(decoder.image_width) * header.channels)
    var samples: [UInt16] = []
    samples.reserveCapacity(header.count)
    for _ in 0..<decoder.image_height {
      try row.withUnsafeMutableBufferPointer {
        try check(pac_jpeg_read_row(reader, $0.baseAddress))
      }
      samples.append(contentsOf: row.lazy.map { UInt16($0) })
    }
    try check(pac_jpeg_finish(reader))
    return Raster(header: header, stored: samples)
  }

  private func check(_ status: Int32) throws {
    guard status != 0 else {
      let text = withUnsafeBytes(of: &reader.pointee.message) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      throw ImageFileError.damaged(file.path, text)
    }
  }
}
