import Foundation
import PACData
import PACTensors

/// Turns labelled images into samples of semantic segmentation: flip, scale, colours, crop
/// (docs/mathematics.md#segmentation-samples).
public struct SegmentationSampleMaker: SampleMaker {
  /// C, the number of classes.
  public let classes: Int
  /// Width and height of a training crop in pixels; smaller images are padded at the bottom and
  /// right.
  public let crop: Int
  /// Width and height to which test images are padded for the backbone, so that none may be larger;
  /// nil: they are not padded.
  public let testCrop: Int?
  /// The probability with which training mirrors an image left to right.
  public let flipProbability: Float
  /// r: training scales an image by a factor from 1/r to r, log-uniformly distributed; 1: never.
  public let scaleJitter: Double
  /// j: training multiplies brightness, contrast and saturation by factors from 1 − j to 1 + j; 0:
  /// never.
  public let colorJitter: Float
  /// The network's means, which are subtracted from blue, green and red.
  public let means: [Float]

  /// Makes a maker.
  /// - Throws: `DataError` if a number is out of range.
  public init(
    classes: Int, crop: Int, testCrop: Int? = nil, flipProbability: Float = 0.5,
    scaleJitter: Double = 1, colorJitter: Float = 0, means: [Float]
  ) throws(DataError) {
    guard crop > 0, testCrop ?? 1 > 0 else {
      throw DataError("crop: \(crop) and \(testCrop ?? 0) leave nothing of an image")
    }
    guard scaleJitter >= 1, (0..<1).contains(colorJitter) else {
      throw DataError(
        "scale jitter \(scaleJitter) is below 1, or colour jitter \(colorJitter) not in 0..<1")
    }
    self.classes = classes
    self.crop = crop
    self.testCrop = testCrop
    self.flipProbability = flipProbability
    self.scaleJitter = scaleJitter
    self.colorJitter = colorJitter
    self.means = means
  }

  /// Makes a random crop of an image with random augmentation, the same for equal seed, epoch and
  /// index.
  /// - Parameters:
  ///   - scene: image and labels.
  ///   - index: its position in the dataset.
  ///   - seed: the run's seed.
  ///   - epoch: the epoch.
  /// - Returns: the sample.
  /// - Throws: `DataError`, naming the scene, if it has no labels or an invalid one.
  public func trainingSample(
    of scene: SceneSample, index: Int, seed: UInt64, epoch: Int
  ) throws(DataError) -> SegmentationSample {
    guard let labels = scene.labels else {
      throw DataError("sample \(scene.name): has no labels; train on a split with labels")
    }
    try check(labels, scene.name)
    var random = CounterRandom(seed: seed, purpose: .augmentation, epoch: epoch, item: index)
    // Every number is drawn whether it is used or not, so that one setting does not change the
    // random numbers of another.
    let isFlipped = random.uniform() < flipProbability
    let scale = pow(scaleJitter, random.uniform(-1.0..<1.0))
    let factors = (0..<3).map { _ in 1 + colorJitter * (2 * random.uniform() - 1) }
    let place = (random.uniform(), random.uniform())
    var picture = LabelledPicture(scene.image, labels)
    if scale != 1 { picture = picture.scaled(by: scale) }
    if colorJitter > 0 {
      picture.jitterColors(brightness: factors[0], contrast: factors[1], saturation: factors[2])
    }
    func offset(_ extent: Int, _ share: Float) -> Int {
      Int(share * Float(max(extent - crop, 0) + 1))
    }
    return sample(
      picture, scene.name, index,
      CropWindow(
        top: offset(picture.height, place.0), left: offset(picture.width, place.1), height: crop,
        width: crop, isFlipped: isFlipped))
  }

  /// Makes a sample of the whole image, without padding; it has no labels if there are none.
  /// - Throws: `DataError`, naming the scene, if a label is invalid or the image is too large.
  public func evaluationSample(
    of scene: SceneSample, index: Int
  ) throws(DataError) -> SegmentationSample {
    if let labels = scene.labels { try check(labels, scene.name) }
    let picture = LabelledPicture(scene.image, scene.labels)
    let (height, width) = (picture.height, picture.width)
    try checkSize(scene.name, height: height, width: width, isCropped: false)
    return sample(
      picture, scene.name, index,
      CropWindow(top: 0, left: 0, height: height, width: width, isFlipped: false))
  }

  /// The classes of the pixels.
  public var field: SceneField { .labels }

  /// The maker itself: labels mean the same in every dataset.
  public func adapted(to reader: DatasetReader) -> SegmentationSampleMaker { self }

  /// Accepts every size in training, since smaller images are padded and larger ones cropped; in a
  /// test, images that fit into `testCrop`.
  /// - Throws: `DataError` naming the scene if it does not fit.
  public func checkSize(
    _ name: String, height: Int, width: Int, isCropped: Bool
  ) throws(DataError) {
    guard !isCropped, let testCrop, max(height, width) > testCrop else { return }
    throw DataError(
      "sample \(name): \(height) × \(width) pixels (rows × columns) do not fit into test-crop "
        + "\(testCrop); set it to \(max(height, width)) or more, or to -1 for no padding")
  }

  private func check(_ labels: ByteImage, _ name: String) throws(DataError) {
    if let wrong = labels.bytes.first(where: { $0 >= classes && $0 != SceneField.unlabelled }) {
      throw DataError(
        "sample \(name): label \(wrong) is not one of the \(classes) classes; "
          + "prepare the dataset again"
      )
    }
  }

  /// Cuts out a window, which may extend beyond the picture: it is padded with the mean colour and
  /// without labels.
  private func sample(
    _ picture: LabelledPicture, _ name: String, _ index: Int, _ window: CropWindow
  ) -> SegmentationSample {
    let rows = min(window.height, picture.height - window.top)
    let columns = min(window.width, picture.width - window.left)
    let pixels = window.height * window.width
    var labels = [UInt8](
      repeating: SceneField.unlabelled, count: picture.labels.isEmpty ? 0 : pixels)
    let image = Tensor([1, 3, window.height, window.width]) { target in
      target.update(repeating: 0)
      for y in 0..<rows {
        for x in 0..<columns {
          let column = window.isFlipped ? columns - 1 - x : x
          let source = (window.top + y) * picture.width + window.left + column
          let pixel = y * window.width + x
          for channel in 0..<3 {
            // Blue comes first.
            target[channel * pixels + pixel] =
              picture.colors[(2 - channel) * picture.pixels + source]
              - means[channel]
          }
          if !picture.labels.isEmpty { labels[pixel] = picture.labels[source] }
        }
      }
    }
    return SegmentationSample(name: name, index: index, image: image, labels: labels)
  }
}

/// An image in floating point with its labels.
private struct LabelledPicture {
  let height: Int
  let width: Int
  /// Red, green and blue planes, 0…255.
  var colors: [Float]
  /// Empty if there are none.
  var labels: [UInt8]

  var pixels: Int { height * width }

  init(_ image: ByteImage, _ labels: ByteImage?) {
    self.init(
      height: image.height, width: image.width, colors: image.bytes.map(Float.init),
      labels: labels?.bytes ?? [])
  }

  private init(height: Int, width: Int, colors: [Float], labels: [UInt8]) {
    (self.height, self.width) = (height, width)
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
    var result = LabelledPicture(
      height: rows, width: columns, colors: [Float](repeating: 0, count: 3 * rows * columns),
      labels: [UInt8](repeating: 0, count: labels.isEmpty ? 0 : rows * columns))
    for y in 0..<rows {
      let (top, bottom, v) = vertical.neighbours(y)
      for x in 0..<columns {
        let (left, right, h) = horizontal.neighbours(x)
        for channel in 0..<3 {
          func color(_ row: Int, _ column: Int) -> Float {
            colors[(channel * height + row) * width + column]
          }
          let upper = color(top, left) + (color(top, right) - color(top, left)) * h
          let lower = color(bottom, left) + (color(bottom, right) - color(bottom, left)) * h
          result.colors[(channel * rows + y) * columns + x] = upper + (lower - upper) * v
        }
        if !labels.isEmpty {
          result.labels[y * columns + x] =
            labels[vertical.nearest(y) * width + horizontal.nearest(x)]
        }
      }
    }
    return result
  }

  /// Scales saturation (the distance from each pixel's grey value), brightness, and contrast (the
  /// distance from the mean grey value).
  mutating func jitterColors(brightness: Float, contrast: Float, saturation: Float) {
    let count = pixels
    func grey(_ pixel: Int) -> Float {
      0.299 * colors[pixel] + 0.587 * colors[count + pixel] + 0.114 * colors[2 * count + pixel]
    }
    let mean = Float((0..<count).reduce(0.0) { $0 + Double(grey($1)) } / Double(count)) * brightness
    for pixel in 0..<count {
      let own = grey(pixel)
      for channel in 0..<3 {
        let saturated = own + (colors[channel * count + pixel] - own) * saturation
        let contrasted = mean + (saturated * brightness - mean) * contrast
        colors[channel * count + pixel] = min(max(contrasted, 0), 255)
      }
    }
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
