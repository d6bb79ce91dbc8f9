import PACTensors

/// The simplified bilateral grid of an image (Barron, Poole, *The Fast Bilateral Solver*, ECCV 2016).
///
/// Every pixel belongs to the one vertex nearest to it in the space of position, luma and chroma, each divided by its σ. Only
/// vertices with pixels exist. In the paper's words: S adds pixels up at their vertices (`splat`), Sᵀ hands
/// vertices' values back (`slice`), B̄ blurs between neighbouring vertices along each of the five axes.
struct BilateralGrid {
  /// The vertex of each pixel.
  private let vertices: [Int32]
  /// For each axis and vertex the neighbours below and above, −1 where there is none.
  private let neighbours: [[Int32]]
  let vertexCount: Int

  var pixelCount: Int { vertices.count }

  /// B̄ vᵢᵢ: each of five axes blurs with (1, 2, 1).
  let blurDiagonal = 10.0

  /// Makes the grid of an image.
  /// - Parameters:
  ///   - image: colours in 0…1, [1, 3, H, W].
  ///   - space: σ of positions, in pixels.
  ///   - luma: σ of the luma, of 0…255.
  ///   - chroma: σ of the chroma, of 0…255.
  init(_ image: Tensor, space: Float, luma: Float, chroma: Float) {
    let keys = Self.keys(image, space: space, luma: luma, chroma: chroma)
    let order = Set(keys).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: zip(order, Int32(0)...))
    vertices = keys.map { numbers[$0] ?? -1 }
    vertexCount = order.count
    neighbours = (0..<5).flatMap { axis -> [[Int32]] in
      let step = UInt64(1) << UInt64(axis * Self.bits)
      return [
        order.map { numbers[$0 &- step] ?? -1 }, order.map { numbers[$0 &+ step] ?? -1 },
      ]
    }
  }

  /// Bits of a key for each of the five coordinates.
  private static let bits = 12

  /// One number for each pixel's vertex, its five coordinates side by side.
  private static func keys(
    _ image: Tensor, space: Float, luma: Float, chroma: Float
  ) -> [UInt64] {
    let (width, pixels) = (image.shape.width, image.shape.pixels)
    func coordinate(_ value: Float, _ sigma: Float, _ axis: Int) -> UInt64 {
      // From 1 to 4094, so that no neighbour's key borrows from another coordinate's bits.
      UInt64(min(max(value / sigma, 0), 4093).rounded() + 1) << UInt64(axis * bits)
    }
    return image.withUnsafeBufferPointer { colours in
      (0..<pixels).map { i in
        let (r, g, b) = (colours[i], colours[pixels + i], colours[2 * pixels + i])
        // Luma and chroma of JPEG (ITU-R BT.601), 0…255.
        let y = 255 * (0.299 * r + 0.587 * g + 0.114 * b)
        let u = 255 * (-0.168736 * r - 0.331264 * g + 0.5 * b + 0.5)
        let v = 255 * (0.5 * r - 0.418688 * g - 0.081312 * b + 0.5)
        return coordinate(Float(i % width), space, 0) | coordinate(Float(i / width), space, 1)
          | coordinate(y, luma, 2) | coordinate(u, chroma, 3) | coordinate(v, chroma, 4)
      }
    }
  }

  /// Sums over each vertex's pixels.
  func splat(_ pixels: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: vertexCount)
    for (pixel, vertex) in vertices.enumerated() { result[Int(vertex)] += pixels[pixel] }
    return result
  }

  /// Each pixel's vertex's value.
  func slice(_ values: [Double]) -> [Double] { vertices.map { values[Int($0)] } }

  /// The sum over the axes of (1, 2, 1) blurs.
  func blur(_ values: [Double]) -> [Double] {
    var result = values.map { blurDiagonal * $0 }
    for side in neighbours {
      for (vertex, neighbour) in side.enumerated() where neighbour >= 0 {
        result[vertex] += values[Int(neighbour)]
      }
    }
    return result
  }
}
