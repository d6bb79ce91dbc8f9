import Foundation

/// Turns and scales an image about its centre: for every pixel of the result, where it comes from.
///
/// With offsets (x, y) from the centres, y downwards, the pixel at (x, y) of the result comes from
/// (x cos θ − y sin θ, x sin θ + y cos θ) / s: what the image shows turns counterclockwise by θ and
/// grows by s.
public struct Turning: Sendable {
  /// The rows of the result.
  public let height: Int
  /// The columns of the result.
  public let width: Int
  private let source: (height: Int, width: Int)
  private let scale: Double
  private let cosine: Double
  private let sine: Double

  /// Describes a turn.
  /// - Parameters:
  ///   - source: rows and columns of the image.
  ///   - result: rows and columns of the result; nil: the same.
  ///   - degrees: θ.
  ///   - scale: s, above 0.
  public init(
    of source: (height: Int, width: Int), to result: (height: Int, width: Int)? = nil,
    degrees: Double, scale: Double = 1
  ) {
    self.source = source
    (height, width) = result ?? source
    self.scale = scale
    cosine = cos(degrees * .pi / 180)
    sine = sin(degrees * .pi / 180)
  }

  /// The vector (x, y), y downwards, turned and scaled like the image.
  public func vector(_ x: Float, _ y: Float) -> (x: Float, y: Float) {
    let (x, y) = (Double(x) * scale, Double(y) * scale)
    return (Float(x * cosine + y * sine), Float(y * cosine - x * sine))
  }

  /// A row-major channel, each pixel from the nearest one of the image.
  /// - Parameters:
  ///   - channel: the channel.
  ///   - outside: the value of pixels from beyond the image.
  /// - Returns: the channel of the result.
  public func nearest<T>(_ channel: some RandomAccessCollection<T>, outside: T) -> [T] {
    map { y, x in
      guard let pixel = nearestPixel(y, x) else { return outside }
      return channel[channel.index(channel.startIndex, offsetBy: pixel)]
    }
  }

  /// A row-major channel, interpolated bilinearly and clamped at the edges.
  /// - Parameters:
  ///   - channel: the channel.
  ///   - outside: the value of pixels whose nearest one lies beyond the image; nil: that of the
  ///     closest edge.
  /// - Returns: the channel of the result.
  public func bilinear(_ channel: ArraySlice<Float>, outside: Float? = nil) -> [Float] {
    let first = channel.startIndex
    return map { y, x in
      if let outside, nearestPixel(y, x) == nil { return outside }
      let (top, bottom, v) = neighbours(y, source.height)
      let (left, right, h) = neighbours(x, source.width)
      func value(_ row: Int, _ column: Int) -> Float {
        channel[first + row * source.width + column]
      }
      let upper = value(top, left) + (value(top, right) - value(top, left)) * h
      let lower = value(bottom, left) + (value(bottom, right) - value(bottom, left)) * h
      return upper + (lower - upper) * v
    }
  }

  /// Calls `value` with the position in the image of every pixel of the result.
  private func map<T>(_ value: (_ y: Double, _ x: Double) -> T) -> [T] {
    var result: [T] = []
    result.reserveCapacity(height * width)
    for row in 0..<height {
      let y = (Double(row) - Double(height - 1) / 2) / scale
      for column in 0..<width {
        let x = (Double(column) - Double(width - 1) / 2) / scale
        result.append(
          value(
            x * sine + y * cosine + Double(source.height - 1) / 2,
            x * cosine - y * sine + Double(source.width - 1) / 2))
      }
    }
    return result
  }

  private func nearestPixel(_ y: Double, _ x: Double) -> Int? {
    let (row, column) = (Int(y.rounded()), Int(x.rounded()))
    guard (0..<source.height).contains(row), (0..<source.width).contains(column) else {
      return nil
    }
    return row * source.width + column
  }

  /// The two pixels next to a position, and the weight of the second.
  private func neighbours(_ position: Double, _ extent: Int) -> (Int, Int, Float) {
    let inside = min(max(position, 0), Double(extent - 1))
    let first = Int(inside)
    return (first, min(first + 1, extent - 1), Float(inside - Double(first)))
  }
}
