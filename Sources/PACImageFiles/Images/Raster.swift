import PACFiles

/// An image in the layout of PNG and JPEG files: rows of pixels with interleaved channels.
public struct Raster: Sendable, Equatable {
  /// The header of an image.
  public struct Header: Sendable, Equatable {
    /// The number of columns.
    public let width: Int
    /// The number of rows.
    public let height: Int
    /// 1 for grey, 3 for colour; alpha is not counted.
    public let channels: Int
    /// Bits per sample: 8 or 16.
    public let bitDepth: Int
    /// How the file stores the picture; width and height are those of the upright one.
    public let orientation: Orientation
    /// Whether any program reads the same samples from the file: it has neither fewer bits, which
    /// many scale to 8, nor alpha.
    public let isPlain: Bool

    /// The largest sample: 255 or 65535.
    public var maximum: UInt16 { bitDepth == 16 ? .max : 255 }

    /// The number of samples.
    public var count: Int { width * height * channels }

    /// Describes an image.
    public init(width: Int, height: Int, channels: Int, bitDepth: Int) {
      self.init(storedWidth: width, height: height, channels: channels, bitDepth: bitDepth)
    }

    /// Describes an image by what its file stores.
    init(
      storedWidth width: Int, height: Int, channels: Int, bitDepth: Int,
      orientation: Orientation = .upright, isPlain: Bool = true
    ) {
      (self.width, self.height) = orientation.exchangesAxes ? (height, width) : (width, height)
      self.channels = channels
      self.bitDepth = bitDepth
      self.orientation = orientation
      self.isPlain = isPlain
    }

    /// Rejects sizes for which the file is too small, before memory is allocated.
    /// - Parameters:
    ///   - file: the file.
    ///   - bytesPerPixel: what decoding takes, besides the samples of the result.
    /// - Throws: `ImageFileError` naming the size, if `ReadingLimit` does not allow it.
    func requireProportion(_ file: OpenFile, bytesPerPixel: Int) throws {
      let samples = channels * MemoryLayout<UInt16>.size
      let needed = clampedProduct(width, height, samples + bytesPerPixel)
      guard let refusal = ReadingLimit(fileSize: file.size).refusal(of: needed) else { return }
      throw ImageFileError(
        file: file.path, problem: "the image of \(width) × \(height) pixels \(refusal.problem)",
        advice: refusal.advice)
    }

    /// Rejects sizes that only a damaged header states.
    /// - Parameters:
    ///   - file: the file.
    ///   - most: the most pixels that the best compression could store in the file's bytes.
    /// - Throws: `ImageFileError` naming the size.
    func requireBounded(_ file: OpenFile, most: Int) throws {
      guard width * height <= 1 << 28 else {
        throw ImageFileError(
          file: file.path, problem: "the image has \(width) × \(height) pixels",
          advice: "use images of at most 2^28 pixels")
      }
      guard width * height <= most else {
        throw ImageFileError.damaged(
          file.path, "\(width) × \(height) pixels in \(file.size) bytes")
      }
    }
  }

  /// Size, channels and bit depth.
  public let header: Header
  /// The samples; channel c of row y, column x is `samples[(y · width + x) · channels + c]`.
  public var samples: [UInt16]
  /// The colours that the samples are indices of; empty unless they are.
  public let palette: [PNG.Color]

  /// The number of columns.
  public var width: Int { header.width }
  /// The number of rows.
  public var height: Int { header.height }
  /// 1 for grey, 3 for colour.
  public var channels: Int { header.channels }
  /// Bits per sample: 8 or 16.
  public var bitDepth: Int { header.bitDepth }

  /// Makes an image from its samples.
  /// - Precondition: `width * height * channels` samples, none above the range of `bitDepth`.
  public init(width: Int, height: Int, channels: Int, bitDepth: Int = 8, samples: [UInt16]) {
    self.init(
      header: Header(width: width, height: height, channels: channels, bitDepth: bitDepth),
      samples: samples)
  }

  init(header: Header, samples: [UInt16], palette: [PNG.Color] = []) {
    precondition(header.bitDepth == 8 || header.bitDepth == 16, "\(header.bitDepth) bits")
    precondition(samples.count == header.count, "\(samples.count) samples for \(header)")
    precondition(
      header.bitDepth == 16 || samples.allSatisfy { $0 <= 255 }, "a sample above 255 in 8 bits")
    self.header = header
    self.samples = samples
    self.palette = palette
  }

  /// Puts the samples of a file upright.
  init(header: Header, stored samples: [UInt16], palette: [PNG.Color] = []) {
    let exchanges = header.orientation.exchangesAxes
    self.init(
      header: header,
      samples: header.orientation.upright(
        samples, width: exchanges ? header.height : header.width,
        height: exchanges ? header.width : header.height, channels: header.channels),
      palette: palette)
  }

  /// Reads a PNG or JPEG file, recognised by its first bytes, upright; alpha is dropped.
  public init(contentsOf path: String) throws {
    switch try ImageFormat(of: path) {
    case .png: self = try PNG.read(path)
    case .jpeg: self = try JPEG.read(path)
    }
  }

  /// Decodes the bytes of a PNG or JPEG file, upright.
  /// - Parameters:
  ///   - bytes: the contents of the file.
  ///   - name: its name in errors.
  ///   - palette: how to return the pixels of an image with a palette.
  /// - Throws: `ImageFileError` if the bytes are not such a file, or damaged.
  public init(
    decoding bytes: [UInt8], name: String, palette: PNG.Palette = .colors
  ) throws {
    let file = try OpenFile(reading: bytes, name: name)
    switch try ImageFormat(startingWith: Array(bytes.prefix(8)), name) {
    case .png: self = try PNG.read(file, palette: palette)
    case .jpeg: self = try JPEG.read(file)
    }
  }

  /// Reads only the header of a PNG or JPEG file.
  public static func header(of path: String) throws -> Header {
    switch try ImageFormat(of: path) {
    case .png: try PNG.header(path)
    case .jpeg: try JPEG.header(path)
    }
  }
}

/// The image formats, by their first bytes.
enum ImageFormat {
  case png
  case jpeg

  init(of path: String) throws {
    try self.init(startingWith: OpenFile(reading: path).firstBytes(8), path)
  }

  init(startingWith start: [UInt8], _ path: String) throws {
    if start == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] {
      self = .png
    } else if start.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else {
      throw ImageFileError(
        file: path, problem: start.isEmpty ? "the file is empty" : "neither a PNG nor a JPEG file",
        advice: "replace or remove the file")
    }
  }
}
