import Foundation
import PACData
import PACTensors

/// A noisy depth map, a colour image, and the clean depth map.
struct DenoisingSample: Sample {
  var name: String
  var index: Int
  /// Depth with noise, mapped to 0…1 by the range of the clean depths, [1, 1, H, W].
  var noisy: Tensor
  /// Red, green and blue in 0…1, [1, 3, H, W].
  var guide: Tensor
  /// Depth without noise on the same scale, [1, 1, H, W].
  var clean: Tensor
  /// 1 where depth was measured, [1, 1, H, W].
  var valid: Tensor
  /// What a difference of 1 is in the dataset's unit.
  var scale: Float
}

/// Adds noise to depth maps.
struct DenoisingSampleMaker: SampleMaker {
  /// σ of the noise, relative to the range of the depths.
  let noise: Float
  /// Width and height of a training crop in pixels.
  let crop: Int
  /// The depth that stands for "not measured"; nil if every pixel was.
  var missingDepth: Float?

  var field: SceneField { .depth }

  func adapted(to reader: DatasetReader) -> DenoisingSampleMaker {
    var maker = self
    maker.missingDepth = reader.missingDepth
    return maker
  }

  func trainingSample(
    of scene: SceneSample, index: Int, seed: UInt64, epoch: Int
  ) throws(DataError) -> DenoisingSample {
    try checkSize(
      scene.name, height: scene.image.height, width: scene.image.width, isCropped: true)
    var random = CounterRandom(seed: seed, purpose: .augmentation, epoch: epoch, item: index)
    let isFlipped = random.uniform() < 0.5
    let window = CropWindow(
      top: random.integer(below: scene.image.height - crop + 1),
      left: random.integer(below: scene.image.width - crop + 1), height: crop, width: crop,
      isFlipped: isFlipped)
    return try sample(of: scene, index, window, &random)
  }

  /// The noise of a test sample is always the same, so that networks can be compared.
  func evaluationSample(of scene: SceneSample, index: Int) throws(DataError) -> DenoisingSample {
    var random = CounterRandom(seed: 0, purpose: .augmentation, item: index)
    let window = CropWindow.whole(height: scene.image.height, width: scene.image.width)
    return try sample(of: scene, index, window, &random)
  }

  func checkSize(
    _ name: String, height: Int, width: Int, isCropped: Bool
  ) throws(DataError) {
    guard isCropped, crop > min(height, width) else { return }
    throw DataError(
      "sample \(name): its \(height)×\(width) pixels (rows × columns) are fewer than crop \(crop) "
        + "asks for; set crop to at most \(min(height, width))")
  }

  private func sample(
    of scene: SceneSample, _ index: Int, _ window: CropWindow, _ random: inout CounterRandom
  ) throws(DataError) -> DenoisingSample {
    guard let depth = scene.depth else {
      throw DataError("sample \(scene.name): no depth; choose a dataset that has it")
    }
    let (image, shape) = (scene.image, Shape([1, 1, window.height, window.width]))
    let raw = window.cut(depth.elements, width: image.width)
    let valid = raw.map { $0 != missingDepth }
    let known = zip(raw, valid).filter(\.1).map(\.0)
    let (least, most) = (known.min() ?? 0, known.max() ?? 1)
    let scale = max(most - least, .leastNormalMagnitude)
    let clean = zip(raw, valid).map { $1 ? ($0 - least) / scale : 0 }
    let pixels = image.height * image.width
    let guide = (0..<3).flatMap { channel in
      window.cut(image.bytes[channel * pixels..<(channel + 1) * pixels], width: image.width)
        .map { Float($0) / 255 }
    }
    return DenoisingSample(
      name: scene.name, index: index,
      noisy: Tensor(shape, clean.map { $0 + noise * gaussian(&random) }),
      guide: Tensor([1, 3, window.height, window.width], guide), clean: Tensor(shape, clean),
      valid: Tensor(shape, valid.map { $0 ? 1 : 0 }), scale: scale)
  }
}

/// A number from the normal distribution (Box and Muller 1958).
private func gaussian(_ random: inout CounterRandom) -> Float {
  let radius = (-2 * log(1 - random.uniform())).squareRoot()
  return radius * cos(2 * .pi * random.uniform())
}
