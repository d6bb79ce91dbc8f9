/// Resizes a channel-first image: bilinear, half-pixel centres, clamped at the edges.
///
/// Gives the same numbers as PyTorch's `interpolate(mode='bilinear', align_corners=False)`.
/// - Parameters:
///   - image: C · height · width values.
///   - height: the number of rows.
///   - width: the number of columns.
///   - newHeight: the number of rows of the result.
///   - newWidth: the number of columns of the result.
/// - Returns: C · newHeight · newWidth values, channel-first.
func bilinearResized(
  _ image: [Float], height: Int, width: Int, newHeight: Int, newWidth: Int
) -> [Float] {
  guard (height, width) != (newHeight, newWidth) else { return image }
  let rows = linearTaps(from: height, to: newHeight)
  let columns = linearTaps(from: width, to: newWidth)
  var result: [Float] = []
  result.reserveCapacity(image.count / (height * width) * newHeight * newWidth)
  for start in stride(from: 0, to: image.count, by: height * width) {
    for row in rows {
      let upper = start + row.first * width
      let lower = start + row.second * width
      for column in columns {
        let top = mix(image[upper + column.first], image[upper + column.second], column.weight)
        let bottom = mix(image[lower + column.first], image[lower + column.second], column.weight)
        result.append(mix(top, bottom, row.weight))
      }
    }
  }
  return result
}

/// Two neighbours and the weight of the second.
private struct LinearTap {
  let first: Int
  let second: Int
  let weight: Float
}

private func linearTaps(from count: Int, to newCount: Int) -> [LinearTap] {
  let ratio = Double(count) / Double(newCount)
  return (0..<newCount).map { index in
    let position = max(0, (Double(index) + 0.5) * ratio - 0.5)
    let first = min(Int(position), count - 1)
    return LinearTap(
      first: first, second: min(first + 1, count - 1), weight: Float(position - Double(first)))
  }
}

private func mix(_ a: Float, _ b: Float, _ weight: Float) -> Float { a + weight * (b - a) }
