import PACTensors

/// The simplified bilateral grid of an image (Barron, Poole, *The Fast Bilateral Solver*, ECCV
/// 2016).
///
/// Every pixel belongs to the vertex nearest to it in the space of position, luma and chroma, each
/// divided by its σ. Only vertices with pixels exist. In the paper's terms, S sums pixels at their
/// vertices (`splat`), Sᵀ reads the vertices' values back (`slice`), and B̄ blurs between
/// neighbouring vertices along each of the five axes.
struct BilateralGrid {
  /// The vertex of each pixel.
  private let vertices: [Int32]
  /// The neighbours below and above for each axis and vertex, −1 if missing.
  private let neighbours: [[Int32]]
  let vertexCount: Int

  var pixelCount: Int { vertices.count }

  /// B̄ vᵢᵢ: each of five axes blurs with (1, 2, 1).
  let blurDiagonal = 10.0

  /// Builds the grid of an image.
  /// - Parameters:
  ///   - image: colours in 0…1, [1, 3, H, W].
  ///   - space: σ of positions, in pixels.
  ///   - luma: σ of the luma, which is in 0…255.
  ///   - chroma: σ of the chroma, which is in 0…255.
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

  /// The bits of a key for each of the five coordinates.
  private static let bits = 12

  /// A key for each pixel's vertex that packs its five coordinates.
  private static func keys(
    _ image: Tensor, space: Float, luma: Float, chroma: Float
  ) -> [UInt64] {
    let (width, pixels) = (image.shape.width, image.shape.pixels)
    func coordinate(_ value: Float, _ sigma: Float, _ axis: Int) -> UInt64 {
      // From 1 to 4094, so that a neighbour's key never carries into another coordinate's bits.
      UInt64(min(max(value / sigma, 0), 4093).rounded() + 1) << UInt64(axis * bits)
    }
    return image.withUnsafeBufferPointer { colours in
      (0..<pixels).map { i in
        let (r, g, b) = (colours[i], colours[pixels + i], colours[2 * pixels + i])
        // Luma and chroma as in JPEG (ITU-R BT.601), 0…255.
        let y = 255 * (0.299 * r + 0.587 * g + 0.114 * b)
        let u = 255 * (-0.168736 * r - 0.331264 * g + 0.5 * b + 0.5)
        let v = 255 * (0.5 * r - 0.418688 * g - 0.081312 * b + 0.5)
        return coordinate(Float(i % width), space, 0) | coordinate(Float(i / width), space, 1)
          | coordinate(y, luma, 2) | coordinate(u, chroma, 3) | coordinate(v, chroma, 4)
      }
    }
  }

  /// Sums the pixels of each vertex.
  func splat(_ pixels: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: vertexCount)
    for (pixel, vertex) in vertices.enumerated() { result[Int(vertex)] += pixels[pixel] }
    return result
  }

  /// Reads the value of each pixel's vertex.
  func slice(_ values: [Double]) -> [Double] { vertices.map { values[Int($0)] } }

  /// Sums the (1, 2, 1) blurs along all axes.
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
