/// A part of an image, mirrored left to right or not.
struct Window: Equatable {
  var top: Int
  var left: Int
  var height: Int
  var width: Int
  var isFlipped: Bool

  /// The whole of an image.
  static func whole(height: Int, width: Int, isFlipped: Bool) -> Window {
    Window(top: 0, left: 0, height: height, width: width, isFlipped: isFlipped)
  }

  /// The part of one row-major channel that lies under the window.
  func cut<T>(_ channel: some RandomAccessCollection<T>, width imageWidth: Int) -> [T] {
    var result: [T] = []
    result.reserveCapacity(height * width)
    for y in top..<top + height {
      let start = channel.index(channel.startIndex, offsetBy: y * imageWidth + left)
      let row = channel[start..<channel.index(start, offsetBy: width)]
      if isFlipped { result.append(contentsOf: row.reversed()) } else { result += row }
    }
    return result
  }

  /// Whether a row-major channel of flags has one set under the window, its border left out.
  func contains(_ flags: [Bool], width imageWidth: Int, border: Int) -> Bool {
    for y in top + border..<top + height - border {
      let start = y * imageWidth + left
      if flags[start + border..<start + width - border].contains(true) { return true }
    }
    return false
  }
}
