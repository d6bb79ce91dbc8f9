/// Channel planes split by residue class, so that pixels `step` apart lie next to each other.
///
/// Layout: `[residue of row][residue of column][channel][row ÷ step][column ÷ step]`. With a step
/// of 1 this is the ordinary `[C, H, W]` layout and nothing is copied.
struct PolyphasePlanes {
  let base: UnsafeMutablePointer<Float>
  let channels: Int
  let height: Int
  let width: Int
  let stepY: Int
  let stepX: Int
  private let owned: ScratchBuffer?

  /// Rows of one residue plane.
  var planeHeight: Int { (height + stepY - 1) / stepY }
  /// Columns of one residue plane.
  var planeWidth: Int { (width + stepX - 1) / stepX }
  /// Elements from one channel of a residue plane to the next.
  var channelStride: Int { planeHeight * planeWidth }

  private var isPlain: Bool { stepY == 1 && stepX == 1 }
  private var count: Int { stepY * stepX * channels * channelStride }

  /// Splits `pixels`, [C, H, W], which must outlive this value and is only read.
  init(
    reading pixels: UnsafePointer<Float>, channels: Int, height: Int, width: Int, stepY: Int,
    stepX: Int
  ) {
    self.init(channels, height, width, stepY, stepX, UnsafeMutablePointer(mutating: pixels))
    guard !isPlain else { return }
    forEachRow { plain, split, count, _ in
      let source = pixels + plain
      let target = base + split
      for x in 0..<count { target[x] = source[x * stepX] }
    }
  }

  /// Collects sums for `pixels`, [C, H, W], which is zeroed; `deliver` must follow.
  init(
    collectingInto pixels: UnsafeMutablePointer<Float>, channels: Int, height: Int, width: Int,
    stepY: Int, stepX: Int
  ) {
    self.init(channels, height, width, stepY, stepX, pixels)
    base.update(repeating: 0, count: count)
  }

  private init(
    _ channels: Int, _ height: Int, _ width: Int, _ stepY: Int, _ stepX: Int,
    _ plain: UnsafeMutablePointer<Float>
  ) {
    self.channels = channels
    self.height = height
    self.width = width
    self.stepY = stepY
    self.stepX = stepX
    if stepY == 1 && stepX == 1 {
      owned = nil
      base = plain
    } else {
      let planes = ((height + stepY - 1) / stepY) * ((width + stepX - 1) / stepX)
      let buffer = ScratchBuffer(count: stepY * stepX * channels * planes)
      owned = buffer
      base = buffer.pointer
    }
  }

  /// Writes the collected sums to `pixels`, [C, H, W], every element of it.
  func deliver(to pixels: UnsafeMutablePointer<Float>) {
    guard !isPlain else { return }
    forEachRow { plain, split, count, _ in
      let target = pixels + plain
      let source = base + split
      for x in 0..<count { target[x * stepX] = source[x] }
    }
  }

  /// Calls `body` with the offsets of each row's share in the plain and in the split layout.
  private func forEachRow(_ body: (Int, Int, Int, Int) -> Void) {
    parallelFor(channels) { channel in
      for y in 0..<height {
        for residue in 0..<min(stepX, width) {
          let plane = ((y % stepY) * stepX + residue) * channels + channel
          body(
            (channel * height + y) * width + residue,
            plane * channelStride + (y / stepY) * planeWidth,
            (width - residue + stepX - 1) / stepX, channel)
        }
      }
    }
  }

  /// A run of elements that are next to each other: `q` of it is the pixel in row `rowOffset +
  /// stepY·row` and column `columnOffset + stepX·(column + q)`.
  ///
  /// Only the elements in `valid` exist; the others lie outside the image and count as zero.
  /// Channel c of element q is `base[offset + c·channelStride + q]`.
  @inline(__always)
  func run(
    row: Int, rowOffset: Int, column: Int, columnOffset: Int, count: Int
  ) -> (offset: Int, valid: Range<Int>) {
    let y = rowOffset + stepY * row
    guard y >= 0, y < height else { return (0, 0..<0) }
    let residueX = floorRemainder(columnOffset, stepX)
    let first = (columnOffset - residueX) / stepX + column
    let available = (width - residueX + stepX - 1) / stepX
    let lower = min(max(0, -first), count)
    let upper = max(min(count, available - first), lower)
    let plane = ((y % stepY) * stepX + residueX) * channels
    return (plane * channelStride + (y / stepY) * planeWidth + first, lower..<upper)
  }
}

/// a mod b, never negative.
@inline(__always)
func floorRemainder(_ a: Int, _ b: Int) -> Int {
  let remainder = a % b
  return remainder < 0 ? remainder + b : remainder
}
