/// Any network by the name that configurations and checkpoints use.
public enum NetworkName: Hashable, Sendable, RawRepresentable {
  /// A network that enlarges maps.
  case upsampling(UpsamplerName)
  /// A network that scores classes.
  case segmentation(SegmentationModelName)

  /// Finds the network of a name; nil if there is none.
  public init?(rawValue: String) {
    if let name = try? UpsamplerName(rawValue) {
      self = .upsampling(name)
    } else if let name = try? SegmentationModelName(rawValue) {
      self = .segmentation(name)
    } else {
      return nil
    }
  }

  /// The name.
  public var rawValue: String {
    switch self {
    case .upsampling(let name): name.description
    case .segmentation(let name): name.description
    }
  }

  /// The network whose training gives this one's weights: mostly itself.
  public var trainable: NetworkName {
    switch self {
    case .upsampling: self
    case .segmentation(let name): .segmentation(name.trainable)
    }
  }

  /// Whether the network has parameters to train, so that it needs weights.
  public var hasParameters: Bool {
    switch self {
    case .upsampling(let name): name.hasParameters
    case .segmentation(let name): name.hasParameters
    }
  }

  /// What is wrong with the form of a name; nil if it is not close to any form.
  public static func fault(in name: String) -> String? {
    guard SegmentationModelName.claims(name) else { return UpsamplerName.catalog.fault(in: name) }
    do throws(ModelError) {
      _ = try SegmentationModelName(name)
      return nil
    } catch {
      return error.description
    }
  }
}
