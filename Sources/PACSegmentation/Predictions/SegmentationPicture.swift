import PACData
import PACImageFiles
import PACTensors

/// A picture of an image and its classes, in panels side by side: the image, the prediction
/// overlaid on it in the classes' colours with outlines, and the ground truth likewise if it is
/// known.
struct SegmentationPicture {
  /// The gap between panels in pixels.
  static let gap = 4

  private let sample: SegmentationSample
  private let panels: [[UInt8]?]
  private let palette: [PNG.Color]
  private let means: [Float]

  /// Makes a picture.
  /// - Parameters:
  ///   - sample: the image, and the ground truth if it is known.
  ///   - prediction: the predicted classes.
  ///   - palette: their colours; classes beyond it are black.
  ///   - means: the means that were subtracted from blue, green and red for the network.
  /// - Precondition: `prediction` has one class per pixel.
  init(
    _ sample: SegmentationSample, prediction: [UInt8], palette: [PNG.Color], means: [Float]
  ) {
    precondition(prediction.count == sample.height * sample.width)
    self.sample = sample
    self.palette = palette
    self.means = means
    panels = [nil, prediction] + (sample.labels.isEmpty ? [] : [sample.labels])
  }

  /// Draws the picture.
  func render() -> Raster {
    let (height, width) = (sample.height, sample.width)
    let total = panels.count * width + (panels.count - 1) * Self.gap
    var samples = [UInt16](repeating: 255, count: 3 * height * total)
    let image = sample.image.elements
    for (number, classes) in panels.enumerated() {
      for y in 0..<height {
        for x in 0..<width {
          let pixel = y * width + x
          let target = 3 * (y * total + number * (width + Self.gap) + x)
          for channel in 0..<3 {
            // The network's image begins with blue.
            let value =
              image[(2 - channel) * height * width + pixel]
              + means[2 - channel]
            samples[target + channel] = UInt16(min(max(value, 0), 255))
          }
          guard let classes else { continue }
          let number = Int(classes[pixel])
          let color = number < palette.count ? palette[number] : PNG.Color(0, 0, 0)
          let isOutline =
            x + 1 < width && classes[pixel + 1] != classes[pixel]
            || y + 1 < height && classes[pixel + width] != classes[pixel]
          for (channel, part) in [color.red, color.green, color.blue].enumerated() {
            let mixed = (samples[target + channel] * 2 + UInt16(part) * 3) / 5
            samples[target + channel] = isOutline ? 255 : mixed
          }
        }
      }
    }
    return Raster(width: total, height: height, channels: 3, samples: samples)
  }
}
