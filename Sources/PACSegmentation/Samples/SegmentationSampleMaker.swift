import Foundation
import PACData
import PACTensors

/// Turns labelled images into samples of semantic segmentation: flip, scale, colours, distortions,
/// crop (docs/mathematics.md#segmentation-samples).
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
  /// What else training changes.
  public let distortions: Distortions
  /// The network's means, which are subtracted from blue, green and red.
  public let means: [Float]

  /// Makes a maker.
  /// - Throws: `DataError` if a number is out of range.
  public init(
    classes: Int, crop: Int, testCrop: Int? = nil, flipProbability: Float = 0.5,
    scaleJitter: Double = 1, colorJitter: Float = 0, distortions: Distortions = Distortions(),
    means: [Float]
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
    self.distortions = distortions
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
    var further = CounterRandom(seed: seed, purpose: .distortion, epoch: epoch, item: index)
    let distortion = distortions.draw(using: &further)
    var picture = LabelledPicture(scene.image, labels)
    if scale != 1 { picture = picture.scaled(by: scale) }
    if colorJitter > 0 {
      picture.colors.jitter(brightness: factors[0], contrast: factors[1], saturation: factors[2])
    }
    if distortion.sigma > 0 { picture.colors.blur(sigma: distortion.sigma) }
    if distortion.degrees != 0 { picture.turn(by: distortion.degrees, outside: means.reversed()) }
    func offset(_ extent: Int, _ share: Float) -> Int {
      Int(share * Float(max(extent - crop, 0) + 1))
    }
    var window = CropWindow(
      top: offset(picture.height, place.0), left: offset(picture.width, place.1), height: crop,
      width: crop, isFlipped: isFlipped)
    window.isUpsideDown = distortion.isUpsideDown
    return sample(picture, scene.name, index, window)
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
        let row = window.isUpsideDown ? rows - 1 - y : y
        for x in 0..<columns {
          let column = window.isFlipped ? columns - 1 - x : x
          let source = (window.top + row) * picture.width + window.left + column
          let pixel = y * window.width + x
          for channel in 0..<3 {
            // Blue comes first.
            target[channel * pixels + pixel] =
              picture.colors.values[(2 - channel) * picture.pixels + source]
              - means[channel]
          }
          if !picture.labels.isEmpty { labels[pixel] = picture.labels[source] }
        }
      }
    }
    return SegmentationSample(name: name, index: index, image: image, labels: labels)
  }
}
