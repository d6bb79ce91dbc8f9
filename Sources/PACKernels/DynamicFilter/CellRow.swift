// A row of output pixels, u of which belong to each input pixel: split so that the first pixels of
// all cells lie next to each other, then the second ones, and joined again.

/// target[phase·stride + x] = row[u·x + phase] for x < `count`, zeros from there to the next whole
/// vector.
/// - Parameters:
///   - row: u·count floats.
///   - upsampling: u.
///   - count: cells of the row.
///   - target: u rows of whole vectors.
///   - stride: floats from one of them to the next.
@inline(__always)
func splitCells(
  _ row: UnsafePointer<Float>, upsampling: Int, count: Int,
  into target: UnsafeMutablePointer<Float>, stride: Int
) {
  var start = 0
  switch upsampling {
  case 1:
    target.update(from: row, count: count)
    start = count
  case 2:
    while start + Vector.lanes <= count {
      let pair = SIMD32(
        lowHalf: Vector(loading: row + 2 * start),
        highHalf: Vector(loading: row + 2 * start + Vector.lanes))
      pair.evenHalf.store(to: target + start)
      pair.oddHalf.store(to: target + stride + start)
      start += Vector.lanes
    }
  default: break
  }
  let end = wholeVectorCount(count)
  for phase in 0..<upsampling {
    let line = target + phase * stride
    for x in start..<max(start, count) { line[x] = row[upsampling * x + phase] }
    for x in count..<end { line[x] = 0 }
  }
}

/// row[u·x + phase] = source[phase·stride + x] for x < `count`.
/// - Parameters:
///   - source: u rows of whole vectors.
///   - stride: floats from one of them to the next.
///   - upsampling: u.
///   - count: cells of the row.
///   - row: u·count floats, overwritten.
@inline(__always)
func joinCells(
  _ source: UnsafePointer<Float>, stride: Int, upsampling: Int, count: Int,
  into row: UnsafeMutablePointer<Float>
) {
  var start = 0
  switch upsampling {
  case 1:
    row.update(from: source, count: count)
    start = count
  case 2:
    while start + Vector.lanes <= count {
      var pair = SIMD32<Float>()
      pair.evenHalf = Vector(loading: source + start)
      pair.oddHalf = Vector(loading: source + stride + start)
      pair.lowHalf.store(to: row + 2 * start)
      pair.highHalf.store(to: row + 2 * start + Vector.lanes)
      start += Vector.lanes
    }
  default: break
  }
  for phase in 0..<upsampling {
    let line = source + phase * stride
    for x in start..<max(start, count) { row[upsampling * x + phase] = line[x] }
  }
}
