import PACData

/// An image in floating point with its labels.
struct LabelledPicture {
  var colors: ColorPlanes
  /// Empty if there are none.
  private(set) var labels: [UInt8]

  var height: Int { colors.height }
  var width: Int { colors.width }
  var pixels: Int { colors.pixels }

  init(_ image: ByteImage, _ labels: ByteImage?) {
    self.init(colors: ColorPlanes(image), labels: labels?.bytes ?? [])
  }

  private init(colors: ColorPlanes, labels: [UInt8]) {
    (self.colors, self.labels) = (colors, labels)
  }

  /// Resized by a factor: colours bilinearly, labels to the nearest, both at half-pixel centres.
  func scaled(by factor: Double) -> LabelledPicture {
    let (rows, columns) = (
      max(1, Int((Double(height) * factor).rounded())),
      max(1, Int((Double(width) * factor).rounded()))
    )
    let vertical = ResizeAxis(from: height, to: rows)
    let horizontal = ResizeAxis(from: width, to: columns)
    let (source, height, width) = (colors.values, height, width)
    var values = [Float](repeating: 0, count: 3 * rows * columns)
    var numbers = [UInt8](repeating: 0, count: labels.isEmpty ? 0 : rows * columns)
    for y in 0..<rows {
      let (top, bottom, v) = vertical.neighbours(y)
      for x in 0..<columns {
        let (left, right, h) = horizontal.neighbours(x)
        for channel in 0..<3 {
          func color(_ row: Int, _ column: Int) -> Float {
            source[(channel * height + row) * width + column]
          }
          let upper = color(top, left) + (color(top, right) - color(top, left)) * h
          let lower = color(bottom, left) + (color(bottom, right) - color(bottom, left)) * h
          values[(channel * rows + y) * columns + x] = upper + (lower - upper) * v
        }
        if !labels.isEmpty {
          numbers[y * columns + x] = labels[vertical.nearest(y) * width + horizontal.nearest(x)]
        }
      }
    }
    return LabelledPicture(
      colors: ColorPlanes(height: rows, width: columns, values: values), labels: numbers)
  }

  /// Turns the picture counterclockwise about its centre: colours bilinearly, labels to the nearest.
  ///
  /// What comes from beyond it has no label, and red, green and blue of `outside`.
  mutating func turn(by degrees: Double, outside: [Float]) {
    let turning = Turning(of: (height, width), degrees: degrees)
    colors.turn(turning, outside: outside)
    if !labels.isEmpty { labels = turning.nearest(labels, outside: SceneField.unlabelled) }
  }
}

/// Where the pixels of a resized axis come from.
private struct ResizeAxis {
  private let extent: Int
  private let step: Double

  init(from extent: Int, to resized: Int) {
    self.extent = extent
    step = Double(extent) / Double(resized)
  }

  func nearest(_ position: Int) -> Int {
    min(extent - 1, Int((Double(position) + 0.5) * step))
  }

  /// The two neighbouring pixels, and the weight of the second, 0…1.
  func neighbours(_ position: Int) -> (Int, Int, Float) {
    let source = min(max((Double(position) + 0.5) * step - 0.5, 0), Double(extent - 1))
    let first = Int(source)
    return (first, min(first + 1, extent - 1), Float(source - Double(first)))
  }
}
