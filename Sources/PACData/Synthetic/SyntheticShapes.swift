import Foundation
import PACTensors

/// An image of flat shapes on a ground with exact classes, for semantic segmentation.
///
/// A class is a shape with a fine texture. Colours are drawn anew for every object and say nothing
/// about its class. A low-resolution network can therefore recognise the classes but not their
/// outlines and thin parts. These are colour edges, so a CRF over colours can recover them.
public struct SyntheticShapes: Sendable {
  /// The class names by label.
  public static let labelNames = ["ground", "disc", "bar", "ring", "triangle", "cross"]

  /// `shapes_0007` for index 7.
  public let name: String
  private let height: Int
  private let width: Int
  private let objects: [ShapeObject]
  /// The ground's colours at the top left and the bottom right.
  private let ground: (SIMD3<Double>, SIMD3<Double>)
  private var random: CounterRandom

  /// Draws a random image; equal arguments give equal images.
  /// - Parameters:
  ///   - seed: the dataset's seed.
  ///   - index: the image's number, from 0.
  ///   - width: the number of columns.
  ///   - height: the number of rows.
  /// - Precondition: `width` and `height` are positive.
  public init(seed: UInt64, index: Int, width: Int, height: Int) {
    precondition(width > 0 && height > 0, "an image of \(width)×\(height) pixels")
    // Epoch 1 keeps the numbers apart from those of the rooms.
    var random = CounterRandom(seed: seed, purpose: .synthetic, epoch: 1, item: index)
    let digits = String(index)
    name = "shapes_" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    (self.height, self.width) = (height, width)
    ground = (randomColour(&random), randomColour(&random))
    objects = (0..<3 + random.integer(below: 4)).map { _ in
      ShapeObject(height: height, width: width, using: &random)
    }
    self.random = random
  }

  /// The colour image and the classes.
  public func render() -> SceneSample {
    var random = random
    let pixels = height * width
    var bytes = [UInt8](repeating: 0, count: 3 * pixels)
    var labels = [UInt8](repeating: 0, count: pixels)
    for y in 0..<height {
      for x in 0..<width {
        let pixel = y * width + x
        let point = SIMD2(Double(x), Double(y))
        let share = 0.5 * (Double(x) / Double(width) + Double(y) / Double(height))
        var colour = ground.0 + (ground.1 - ground.0) * share
        // Later objects cover earlier ones.
        if let object = objects.last(where: { $0.contains(point) }) {
          labels[pixel] = object.shape.rawValue
          colour = object.colour + 14 * object.texture(point)
        }
        for channel in 0..<3 {
          let noise = random.uniform(-12.0..<12.0)
          bytes[channel * pixels + pixel] = UInt8(min(max(colour[channel] + noise, 0), 255))
        }
      }
    }
    return SceneSample(
      name: name, image: ByteImage(channels: 3, height: height, width: width, bytes: bytes),
      labels: ByteImage(channels: 1, height: height, width: width, bytes: labels))
  }
}

/// One object: a textured shape with a rotation, a size and a colour.
private struct ShapeObject {
  /// The raw value is the class.
  enum Shape: UInt8, CaseIterable {
    case disc = 1
    case bar
    case ring
    case triangle
    case cross
  }

  let shape: Shape
  let colour: SIMD3<Double>
  private let centre: SIMD2<Double>
  private let radius: Double
  private let axis: SIMD2<Double>

  init(height: Int, width: Int, using random: inout CounterRandom) {
    shape = Shape.allCases[random.integer(below: Shape.allCases.count)]
    colour = randomColour(&random)
    centre = SIMD2(
      random.uniform(0..<Double(width)), random.uniform(0..<Double(height)))
    radius = random.uniform(0.12..<0.28) * Double(min(width, height))
    let angle = random.uniform(0..<2 * Double.pi)
    axis = SIMD2(cos(angle), sin(angle))
  }

  /// Pixel coordinates along and across the object's axis.
  private func local(_ point: SIMD2<Double>) -> SIMD2<Double> {
    let d = point - centre
    return SIMD2(axis.x * d.x + axis.y * d.y, axis.x * d.y - axis.y * d.x)
  }

  func contains(_ point: SIMD2<Double>) -> Bool {
    let p = local(point) / radius
    let length = (p * p).sum().squareRoot()
    switch shape {
    case .disc: return length <= 0.8
    case .bar: return abs(p.x) <= 1 && abs(p.y) <= 0.25
    case .ring: return length <= 1 && length >= 0.65
    case .triangle:
      let height = 3.0.squareRoot() / 2
      return p.x >= -0.5 && 0.5 * p.x + height * abs(p.y) <= 0.5
    case .cross:
      return max(abs(p.x), abs(p.y)) <= 1 && min(abs(p.x), abs(p.y)) <= 0.2
    }
  }

  /// The pattern of the class, −1 to 1.
  func texture(_ point: SIMD2<Double>) -> Double {
    let p = local(point)
    func isOdd(_ x: Double, _ period: Double) -> Bool { Int((x / period).rounded(.down)) & 1 == 1 }
    switch shape {
    case .disc: return isOdd(p.x, 2) ? 1 : -1
    case .bar: return isOdd(p.x, 5) ? 1 : -1
    case .ring: return isOdd(p.x, 3) == isOdd(p.y, 3) ? 1 : -1
    case .triangle: return isOdd(p.x, 3) && isOdd(p.y, 3) ? 1 : -1
    case .cross: return 0
    }
  }
}

private func randomColour(_ random: inout CounterRandom) -> SIMD3<Double> {
  SIMD3(random.uniform(30..<225), random.uniform(30..<225), random.uniform(30..<225))
}
