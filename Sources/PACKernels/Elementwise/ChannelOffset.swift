/// A number of its own added to every channel of [images, channels, pixels].
public struct ChannelOffset: Sendable {
  private let planes: ChannelPlanes

  /// Prepares for [images, channels, pixels].
  public init(_ planes: ChannelPlanes) { self.planes = planes }

  /// values += offset.
  /// - Parameters:
  ///   - offsets: [channels].
  ///   - values: [images, channels, pixels], changed in place.
  public func add(_ offsets: UnsafePointer<Float>, to values: UnsafeMutablePointer<Float>) {
    planes.inParallel { channel, start in
      let (target, offset) = (values + start, offsets[channel])
      for i in 0..<planes.pixels { target[i] += offset }
    }
  }

  /// ∂offset_c = Σ g over the images and pixels of channel c, in a fixed order.
  /// - Parameters:
  ///   - outputGradient: g, [images, channels, pixels].
  ///   - offsetGradients: [channels], added to.
  public func backward(
    outputGradient: UnsafePointer<Float>, offsetGradients: UnsafeMutablePointer<Float>
  ) {
    parallelFor(planes.channels) { channel in
      var sum = 0.0
      for image in 0..<planes.images {
        let plane = outputGradient + (image * planes.channels + channel) * planes.pixels
        for start in stride(from: 0, to: planes.pixels, by: elementwiseBlock) {
          var lanes = Vector.zero
          forEachVector(min(elementwiseBlock, planes.pixels - start)) { i, left in
            lanes += Vector(loading: plane + start + i, count: left)
          }
          sum += Double(lanes.total)
        }
      }
      offsetGradients[channel] += Float(sum)
    }
  }
}
