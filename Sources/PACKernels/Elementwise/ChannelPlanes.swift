/// The extents of [images, channels, pixels]: what operations with a number for each channel run over.
public struct ChannelPlanes: Sendable {
  let images: Int
  let channels: Int
  let pixels: Int

  /// Describes [images, channels, pixels].
  public init(images: Int, channels: Int, pixels: Int) {
    self.images = images
    self.channels = channels
    self.pixels = pixels
  }

  /// Runs `body` in parallel for every plane of an image, with its channel and its first element.
  @inline(__always)
  func inParallel(_ body: (_ channel: Int, _ start: Int) -> Void) {
    parallelFor(images * channels) { body($0 % channels, $0 * pixels) }
  }
}
