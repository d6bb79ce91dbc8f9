import CPACPNG
import Glibc
import PACFiles

/// Reads and writes PNG files; sample values are exact, without colour management.
public enum PNG {
  /// What the samples of a file stand for.
  public enum Palette: Sendable {
    /// A picture: the colours of a palette; grey of fewer than 8 bits is scaled to 8.
    case colors
    /// Numbers, such as those of classes: the indices of a palette, and grey as it is stored.
    case indices
  }

  /// Reads a PNG file of any kind, upright.
  ///
  /// The alpha channel of a picture is dropped; numbers have to be opaque.
  public static func read(_ path: String, palette: Palette = .colors) throws -> Raster {
    try read(OpenFile(reading: path), palette: palette)
  }

  static func read(_ file: OpenFile, palette: Palette) throws -> Raster {
    try PNGDecoder(file).read(palette)
  }

  /// Reads only the header.
  public static func header(_ path: String) throws -> Raster.Header {
    try PNGDecoder(OpenFile(reading: path)).header(.colors)
  }

  /// One colour of a palette.
  public struct Color: Sendable, Hashable {
    /// Red, green and blue.
    public let (red, green, blue): (UInt8, UInt8, UInt8)

    /// Makes a colour.
    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }
  }

  /// Writes a grey or colour image, or with `colors` one of palette indices; 8 or 16 bits per
  /// sample.
  ///
  /// An incomplete file is removed.
  /// - Parameters:
  ///   - raster: the image; with `colors`, one 8-bit channel of palette indices.
  ///   - path: the file.
  ///   - colors: the palette, at most 256 colours; nil for none.
  /// - Throws: `ImageFileError` if the file cannot be written.
  /// - Precondition: 1 or 3 channels; with `colors`, indices within the palette.
  public static func write(_ raster: Raster, to path: String, colors: [Color]? = nil) throws {
    do {
      let file = try OpenFile(writing: path)
      try PNGEncoder(file).write(raster, colors)
      try file.close()
    } catch let error as ImageFileError {
      unlink(path)
      throw error
    }
  }

  /// Returns the bytes that `write` would write.
  public static func encode(_ raster: Raster, colors: [Color]? = nil) throws -> [UInt8] {
    let file = try OpenFile(writingToMemoryFor: "PNG")
    try PNGEncoder(file).write(raster, colors)
    return try file.takeBytes()
  }
}

/// Owns libpng's reading state for one file.
private final class PNGDecoder {
  private let file: OpenFile
  private let orientation: Orientation
  private let error: UnsafeMutablePointer<pac_png_error>
  private var png: png_structp?
  private var info: png_infop?

  init(_ file: OpenFile) throws {
    self.file = file
    orientation = file.exifOfPNG.map { Orientation(exif: $0) } ?? .upright
    error = .allocate(capacity: 1)
    error.initialize(to: pac_png_error())
    png = pac_png_create_read(error)
    info = png_create_info_struct(png)
    try check(file.withStream { pac_png_read_info(png, info, $0) })
    // Deflate shrinks by a factor of at most 1032, and an image has at least one bit per pixel.
    let bits = Int(png_get_bit_depth(png, info)) * Int(png_get_channels(png, info))
    try header(.colors).requireBounded(
      file, most: clampedProduct(8 * 1032, file.size) / max(bits, 1))
  }

  deinit {
    png_destroy_read_struct(&png, &info, nil)
    error.deallocate()
  }

  private var kind: Int32 { Int32(png_get_color_type(png, info)) }

  private var hasAlpha: Bool { kind & PNG_COLOR_MASK_ALPHA != 0 }

  private var storedWidth: Int { Int(png_get_image_width(png, info)) }

  func header(_ palette: PNG.Palette) throws -> Raster.Header {
    let isColor = kind & PNG_COLOR_MASK_COLOR != 0
    let isIndex = kind == PNG_COLOR_TYPE_PALETTE
    let bits = png_get_bit_depth(png, info)
    return Raster.Header(
      storedWidth: storedWidth, height: Int(png_get_image_height(png, info)),
      channels: isColor && !(isIndex && palette == .indices) ? 3 : 1,
      bitDepth: bits == 16 ? 16 : 8, orientation: orientation,
      isPlain: isIndex || (bits >= 8 && !hasAlpha))
  }

  func read(_ palette: PNG.Palette) throws -> Raster {
    let header = try header(palette)
    // Alpha of numbers is read to see that they are opaque.
    let alpha = palette == .indices && hasAlpha ? 1 : 0
    let bytesPerSample = header.bitDepth / 8
    let channels = header.channels + alpha
    try header.requireProportion(file, bytesPerPixel: channels * bytesPerSample)
    try requestPlainSamples(palette)
    let rows = header.count / header.channels / storedWidth
    let rowBytes = storedWidth * channels * bytesPerSample
    guard png_get_rowbytes(png, info) == rowBytes else {
      throw ImageFileError.damaged(file.path, "unexpected row length")
    }
    let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: rowBytes * rows)
    defer { buffer.deallocate() }
    var starts: [png_bytep?] = (0..<rows).map { buffer + $0 * rowBytes }
    try check(pac_png_read_image(png, &starts))
    let bytes = UnsafeBufferPointer(start: buffer, count: rowBytes * rows)
    let samples =
      bytesPerSample == 1
      ? bytes.map { UInt16($0) }
      : (0..<bytes.count / 2).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
    return Raster(
      header: header,
      stored: alpha == 0 ? samples : try withoutAlpha(samples, channels, header.maximum),
      palette: palette == .indices && kind == PNG_COLOR_TYPE_PALETTE ? colors() : [])
  }

  /// The samples without their alpha channel, which says where a number does not count.
  private func withoutAlpha(
    _ samples: [UInt16], _ channels: Int, _ opaque: UInt16
  ) throws -> [UInt16] {
    let pixels = stride(from: 0, to: samples.count, by: channels)
    if let clear = pixels.first(where: { samples[$0 + channels - 1] != opaque }) {
      let pixel = clear / channels
      throw ImageFileError(
        file: file.path,
        problem: "transparent at row \(pixel / storedWidth), column \(pixel % storedWidth), where "
          + "a number is expected", advice: "save it without alpha")
    }
    return pixels.flatMap { samples[$0..<$0 + channels - 1] }
  }

  private func colors() -> [PNG.Color] {
    var (entries, count) = (png_colorp?.none, Int32(0))
    png_get_PLTE(png, info, &entries, &count)
    return UnsafeBufferPointer(start: entries, count: Int(count)).map {
      PNG.Color($0.red, $0.green, $0.blue)
    }
  }

  /// Requests whole bytes per sample and all passes of an interlaced image; of a picture, grey or
  /// colour without alpha.
  private func requestPlainSamples(_ palette: PNG.Palette) throws {
    switch palette {
    case .indices: png_set_packing(png)
    case .colors:
      if kind == PNG_COLOR_TYPE_PALETTE {
        try check(pac_png_palette_to_rgb(png))
      } else if kind == PNG_COLOR_TYPE_GRAY, png_get_bit_depth(png, info) < 8 {
        try check(pac_png_gray_to_8(png))
      }
      png_set_strip_alpha(png)
    }
    png_set_interlace_handling(png)
    try check(pac_png_read_update_info(png, info))
  }

  private func check(_ status: Int32) throws {
    guard status != 0 else { throw ImageFileError.damaged(file.path, text(of: error)) }
  }
}

/// Owns libpng's writing state for one file.
private final class PNGEncoder {
  private let file: OpenFile
  private let error: UnsafeMutablePointer<pac_png_error>
  private var png: png_structp?
  private var info: png_infop?

  init(_ file: OpenFile) throws {
    self.file = file
    error = .allocate(capacity: 1)
    error.initialize(to: pac_png_error())
    png = pac_png_create_write(error)
    info = png_create_info_struct(png)
    errno = 0
  }

  deinit {
    png_destroy_write_struct(&png, &info)
    error.deallocate()
  }

  func write(_ raster: Raster, _ colors: [PNG.Color]?) throws {
    precondition(
      raster.channels == 1 || raster.channels == 3, "\(raster.channels) channels in a PNG file")
    precondition(
      colors.map { colors in
        (1...256).contains(colors.count) && raster.channels == 1 && raster.bitDepth == 8
          && raster.samples.allSatisfy { Int($0) < colors.count }
      } ?? true, "samples without a colour in the palette")
    let plain = raster.channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY
    let palette = (colors ?? []).map {
      png_color(red: $0.red, green: $0.green, blue: $0.blue)
    }
    try check(
      file.withStream {
        pac_png_write_header(
          png, info, $0, UInt32(raster.width), UInt32(raster.height), Int32(raster.bitDepth),
          colors == nil ? plain : PNG_COLOR_TYPE_PALETTE, palette, Int32(palette.count))
      })
    var bytes =
      raster.bitDepth == 8
      ? raster.samples.map { UInt8($0) }
      : raster.samples.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    let rowBytes = bytes.count / max(raster.height, 1)
    try bytes.withUnsafeMutableBufferPointer { buffer in
      var rows: [png_bytep?] = (0..<raster.height).map { row in
        buffer.baseAddress.map { $0 + row * rowBytes }
      }
      try check(pac_png_write_image(png, &rows))
    }
  }

  private func check(_ status: Int32) throws {
    guard status != 0 else {
      let cause = errno == 0 ? text(of: error) : String(cString: strerror(errno))
      throw ImageFileError(
        file: file.path, problem: "cannot write the image", cause: cause,
        advice: "check the free disk space and the quota")
    }
  }
}

private func text(of error: UnsafeMutablePointer<pac_png_error>) -> String {
  withUnsafeBytes(of: &error.pointee.message) {
    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
  }
}
