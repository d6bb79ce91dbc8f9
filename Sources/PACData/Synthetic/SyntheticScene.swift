import Foundation
import PACTensors

/// A rendered room with textured objects, whose depth, optical flow and classes are known exactly.
///
/// Rays are cast through a pinhole camera with a focal length of 0.9 · max(width, height) pixels.
/// Depth (along the optical axis, in metres, about 1 to 10), flow and class belong to the surface
/// point that is seen at the centre of a pixel; its colour is the mean of four rays. Objects are
/// convex, so every edge in depth is the outline of an object and changes colour; textures add
/// edges in colour alone.
public struct SyntheticScene: Sendable {
  /// The class names by label.
  public static let labelNames = ["room", "sphere", "box", "disc"]

  /// `scene_0007` for index 7.
  public let name: String
  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int
  private let seed: UInt64
  private let index: Int

  /// Makes a scene; equal arguments make equal scenes.
  /// - Parameters:
  ///   - seed: the dataset's seed.
  ///   - index: the scene's number, from 0.
  ///   - width: the number of columns.
  ///   - height: the number of rows.
  /// - Precondition: `width` and `height` are positive.
  public init(seed: UInt64, index: Int, width: Int, height: Int) {
    precondition(width > 0 && height > 0, "a scene of \(width)×\(height) pixels")
    let digits = String(index)
    name = "scene_" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    self.height = height
    self.width = width
    self.seed = seed
    self.index = index
  }

  /// The colour image, depth in metres, flow to the following image in pixels and classes.
  public func render() -> SceneSample {
    let view = view(frame: 0)
    let next = self.view(frame: 1)
    let pixels = height * width
    var depth = [Float](repeating: 0, count: pixels)
    var flow = [Float](repeating: 0, count: 2 * pixels)
    var labels = [UInt8](repeating: 0, count: pixels)
    for y in 0..<height {
      for x in 0..<width {
        let hit = view.trace(x: Double(x), y: Double(y))
        let pixel = y * width + x
        let seen = next.project(view.ownPoint(of: hit), object: hit.object)
        depth[pixel] = Float(hit.depth)
        flow[pixel] = Float(seen.x - Double(x))
        flow[pixels + pixel] = Float(seen.y - Double(y))
        labels[pixel] = view.layout.objects[hit.object].label
      }
    }
    return SceneSample(
      name: name, image: image(of: view),
      depth: Tensor(Shape(batch: 1, channels: 1, height: height, width: width), depth),
      flow: Tensor(Shape(batch: 1, channels: 2, height: height, width: width), flow),
      labels: ByteImage(channels: 1, height: height, width: width, bytes: labels))
  }

  /// The scene (frame 0) or the next moment (frame 1) as the camera sees it.
  func view(frame: Int) -> SyntheticView {
    SyntheticView(seed: seed, index: index, width: width, height: height, frame: frame)
  }

  /// The colour image of a view.
  func image(of view: SyntheticView) -> ByteImage {
    let pixels = height * width
    var bytes = [UInt8](repeating: 0, count: 3 * pixels)
    for y in 0..<height {
      for x in 0..<width {
        var sum = Vector()
        for offset in [-0.25, 0.25] {
          for other in [-0.25, 0.25] {
            sum += view.colour(of: view.trace(x: Double(x) + other, y: Double(y) + offset))
          }
        }
        for channel in 0..<3 {
          bytes[channel * pixels + y * width + x] = UInt8(min(255, sum[channel] * 63.75 + 0.5))
        }
      }
    }
    return ByteImage(channels: 3, height: height, width: width, bytes: bytes)
  }
}
