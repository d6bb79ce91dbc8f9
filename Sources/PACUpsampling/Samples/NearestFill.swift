/// Finds for every pixel the nearest valid one, in exact Euclidean distance.
///
/// Meijster, Roerdink and Hesselink, *A General Algorithm for Computing Distance Transforms in
/// Linear Time*, 2000: first the nearest valid pixel in the same column, then for every row the
/// lower envelope of the columns' parabolas. Integer arithmetic; time linear in the number of
/// pixels.
/// - Parameters:
///   - valid: one flag for each pixel, row-major.
///   - height: the number of rows.
///   - width: the number of columns.
/// - Returns: row-major positions, or nil if no pixel is valid. Ties are resolved
///   deterministically.
func nearestValidPositions(valid: [Bool], height: Int, width: Int) -> [Int]? {
  guard valid.contains(true) else { return nil }
  let rows = nearestValidRows(valid, height, width)
  var result = [Int](repeating: 0, count: valid.count)
  var envelope = ParabolaEnvelope(width: width)
  for y in 0..<height {
    envelope.removeAll()
    for x in 0..<width where rows[y * width + x] >= 0 {
      let distance = rows[y * width + x] - y
      envelope.add(column: x, height: distance * distance)
    }
    var segment = 0
    for x in 0..<width {
      while segment + 1 < envelope.count && envelope.starts[segment + 1] <= x { segment += 1 }
      let column = envelope.columns[segment]
      result[y * width + x] = rows[y * width + column] * width + column
    }
  }
  return result
}

/// Replaces every invalid value by the nearest valid one; all become zero if none is valid.
func filledFromNearest(_ values: [Float], valid: [Bool], height: Int, width: Int) -> [Float] {
  guard valid.contains(false) else { return values }
  guard let positions = nearestValidPositions(valid: valid, height: height, width: width) else {
    return [Float](repeating: 0, count: values.count)
  }
  return positions.map { values[$0] }
}

/// For every pixel, the row of the nearest valid pixel of its column; −1 if the column has none.
private func nearestValidRows(_ valid: [Bool], _ height: Int, _ width: Int) -> [Int] {
  var rows = [Int](repeating: -1, count: valid.count)
  for y in 0..<height {
    for x in 0..<width {
      let i = y * width + x
      if valid[i] { rows[i] = y } else if y > 0 { rows[i] = rows[i - width] }
    }
  }
  for y in (0..<height - 1).reversed() {
    for x in 0..<width {
      let i = y * width + x
      let above = rows[i]
      let below = rows[i + width]
      if below >= 0 && (above < 0 || below - y < y - above) { rows[i] = below }
    }
  }
  return rows
}

/// The lower envelope of the parabolas (x − column)² + height, columns added from left to right.
private struct ParabolaEnvelope {
  private(set) var columns: [Int]
  private var heights: [Int]
  /// The first x at which each parabola is the lowest.
  private(set) var starts: [Int]
  private(set) var count = 0

  init(width: Int) {
    columns = [Int](repeating: 0, count: width)
    heights = columns
    starts = columns
  }

  mutating func removeAll() { count = 0 }

  mutating func add(column: Int, height: Int) {
    while count > 0 {
      let start = firstBelow(last: count - 1, column: column, height: height)
      if start > starts[count - 1] {
        push(column, height, start)
        return
      }
      count -= 1
    }
    push(column, height, 0)
  }

  private mutating func push(_ column: Int, _ height: Int, _ start: Int) {
    columns[count] = column
    heights[count] = height
    starts[count] = start
    count += 1
  }

  /// The first x at which the new parabola lies below the old one.
  private func firstBelow(last: Int, column: Int, height: Int) -> Int {
    let old = columns[last]
    // (x − column)² + height < (x − old)² + heights[last], solved for x.
    let numerator = column * column - old * old + height - heights[last]
    let denominator = 2 * (column - old)
    let quotient = numerator / denominator
    // Rounded down, also below zero.
    return (numerator % denominator < 0 ? quotient - 1 : quotient) + 1
  }
}
