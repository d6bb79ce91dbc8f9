/// A crop of an image, optionally flipped left to right or top to bottom.
public struct CropWindow: Sendable, Equatable {
  /// The first row.
  public var top: Int
  /// The first column.
  public var left: Int
  /// The number of rows.
  public var height: Int
  /// The number of columns.
  public var width: Int
  /// Whether the crop is flipped left to right.
  public var isFlipped: Bool
  /// Whether the crop is flipped top to bottom.
  public var isUpsideDown = false

  /// Describes a crop.
  public init(top: Int, left: Int, height: Int, width: Int, isFlipped: Bool) {
    self.top = top
    self.left = left
    self.height = height
    self.width = width
    self.isFlipped = isFlipped
  }

  /// The whole image.
  public static func whole(height: Int, width: Int, isFlipped: Bool = false) -> CropWindow {
    CropWindow(top: 0, left: 0, height: height, width: width, isFlipped: isFlipped)
  }

  /// The crop of one row-major channel.
  public func cut<T>(_ channel: some RandomAccessCollection<T>, width imageWidth: Int) -> [T] {
    var result: [T] = []
    result.reserveCapacity(height * width)
    for row in 0..<height {
      let y = top + (isUpsideDown ? height - 1 - row : row)
      let start = channel.index(channel.startIndex, offsetBy: y * imageWidth + left)
      let row = channel[start..<channel.index(start, offsetBy: width)]
      if isFlipped { result.append(contentsOf: row.reversed()) } else { result += row }
    }
    return result
  }

  /// Whether any flag of a row-major channel is set inside the crop without its border.
  public func contains(_ flags: [Bool], width imageWidth: Int, border: Int) -> Bool {
    for y in top + border..<top + height - border {
      let start = y * imageWidth + left
      if flags[start + border..<start + width - border].contains(true) { return true }
    }
    return false
  }
}
