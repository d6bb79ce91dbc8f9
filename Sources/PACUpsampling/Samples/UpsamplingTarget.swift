import PACData
import PACTensors

/// The quantity of a scene that is upsampled; the raw values are the names in configurations.
public enum UpsamplingTarget: String, Sendable, CaseIterable {
  /// Depth or disparity, one channel.
  case depth
  /// Optical flow, two channels.
  case flow
}

/// A scene's target and which of its pixels are known.
struct RawTarget {
  let channels: Int
  let height: Int
  let width: Int
  /// Channel-first.
  let values: [Float]
  /// One flag for each pixel.
  let valid: [Bool]

  /// Takes the target out of a scene.
  /// - Parameters:
  ///   - target: which quantity.
  ///   - scene: the scene.
  ///   - missingDepth: the depth that stands for "not measured"; nil if every pixel was.
  /// - Throws: `DataError` if the scene lacks it, if it does not match the image or is non-finite.
  init(
    _ target: UpsamplingTarget, of scene: SceneSample, missingDepth: Float?
  ) throws(DataError) {
    guard let tensor = target == .depth ? scene.depth : scene.flow else {
      throw DataError("sample \(scene.name): no \(target.rawValue); choose a dataset that has it")
    }
    channels = target == .depth ? 1 : 2
    (height, width) = (scene.image.height, scene.image.width)
    let expected = Shape(batch: 1, channels: channels, height: height, width: width)
    guard tensor.shape == expected, scene.image.channels == 3, height > 0, width > 0 else {
      throw DataError(
        "sample \(scene.name): image \([scene.image.channels, height, width]) and "
          + "\(target.rawValue) \(tensor.shape) do not match; expected [3, H, W] and "
          + "[1, \(channels), H, W]")
    }
    let values = tensor.elements
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw DataError(
        "sample \(scene.name): \(target.rawValue) is \(values[index]) at row "
          + "\(index % (height * width) / width), column \(index % width); repair it or remove the "
          + "sample from the dataset")
    }
    self.values = values
    let pixels = height * width
    valid =
      switch target {
      case .depth: values.map { $0 != missingDepth }
      case .flow:
        (0..<pixels).map { isKnownFlow(values[$0], values[pixels + $0]) }
      }
  }

  private init(channels: Int, height: Int, width: Int, values: [Float], valid: [Bool]) {
    (self.channels, self.height, self.width) = (channels, height, width)
    (self.values, self.valid) = (values, valid)
  }

  /// Turned and scaled, each pixel from the nearest one; vectors of flow turn and grow too.
  ///
  /// What comes from beyond the edge is not valid. Depths stay as they are.
  func turned(_ turning: Turning) -> RawTarget {
    var planes = (0..<channels).map { turning.nearest(channel($0), outside: 0) }
    if channels == 2 {
      for pixel in planes[0].indices {
        (planes[0][pixel], planes[1][pixel]) = turning.vector(planes[0][pixel], planes[1][pixel])
      }
    }
    return RawTarget(
      channels: channels, height: turning.height, width: turning.width,
      values: planes.flatMap { $0 }, valid: turning.nearest(valid, outside: false))
  }

  /// The values of a channel.
  func channel(_ index: Int) -> ArraySlice<Float> {
    values[index * height * width..<(index + 1) * height * width]
  }
}

/// Whether a flow vector is known: neither component exceeds 10⁷ pixels in magnitude.
func isKnownFlow(_ horizontal: Float, _ vertical: Float) -> Bool {
  max(abs(horizontal), abs(vertical)) <= SceneField.unknownFlowAbove
}

extension UpsamplingTarget {
  /// The field of a dataset that holds it.
  public var field: SceneField {
    switch self {
    case .depth: .depth
    case .flow: .flow
    }
  }
}
