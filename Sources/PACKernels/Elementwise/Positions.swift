/// Writes the position of every pixel, rows first: target[n, 0, y, x] = y, target[n, 1, y, x] = x.
/// - Parameters:
///   - target: [images, 2, height, width], overwritten.
///   - images: N.
///   - height: H.
///   - width: W.
public func writePositions(
  to target: UnsafeMutablePointer<Float>, images: Int, height: Int, width: Int
) {
  parallelFor(images * height) { task in
    let (image, y) = (task / height, task % height)
    let row = target + 2 * image * height * width + y * width
    for x in 0..<width {
      row[x] = Float(y)
      row[height * width + x] = Float(x)
    }
  }
}
