import PACTensors

/// One element of a dataset as stored: a colour image and what is known about its pixels.
public struct SceneSample: Sendable {
  /// A recognisable name, usually that of the source file.
  public var name: String
  /// The colour image.
  public var image: ByteImage
  /// Depth or disparity, `[1, 1, H, W]`, in the dataset's unit; 0 = missing.
  public var depth: Tensor?
  /// Optical flow from this image to the next one, `[1, 2, H, W]`: channel 0 is the horizontal and
  /// channel 1 the vertical displacement in pixels; a component above 10⁷ in magnitude = unknown.
  public var flow: Tensor?
  /// Class numbers, one channel; 255 = not labelled.
  public var labels: ByteImage?

  /// Makes a sample; omit what is unknown.
  public init(
    name: String, image: ByteImage, depth: Tensor? = nil, flow: Tensor? = nil,
    labels: ByteImage? = nil
  ) {
    self.name = name
    self.image = image
    self.depth = depth
    self.flow = flow
    self.labels = labels
  }
}

/// An image of bytes, channel-first: the byte of channel c, row y, column x is
/// `bytes[(c · height + y) · width + x]`.
public struct ByteImage: Sendable, Equatable {
  /// The number of channels: 3 for colour (red, green, blue), 1 for labels.
  public let channels: Int
  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int
  /// The bytes, `channels · height · width` of them.
  public var bytes: [UInt8]

  /// Makes an image from its bytes in channel-first order.
  /// - Precondition: `bytes.count == channels * height * width`.
  public init(channels: Int, height: Int, width: Int, bytes: [UInt8]) {
    precondition(
      bytes.count == channels * height * width,
      "\(bytes.count) bytes given for \(channels)×\(height)×\(width)")
    self.channels = channels
    self.height = height
    self.width = width
    self.bytes = bytes
  }
}
