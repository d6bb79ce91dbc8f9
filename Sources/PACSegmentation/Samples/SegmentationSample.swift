import PACData
import PACTensors

/// One training or test sample of semantic segmentation.
public struct SegmentationSample: Sample {
  /// The name of the image.
  public var name: String
  /// The position of the image in its dataset.
  public var index: Int
  /// The network's input, `[1, 3, H, W]`: blue, green and red in 0…255 minus the network's means.
  public var image: Tensor
  /// The class of every pixel, row by row; 255 = not labelled.
  ///
  /// Empty if the dataset has no labels for the image.
  public var labels: [UInt8]

  /// H.
  public var height: Int { image.shape.height }
  /// W.
  public var width: Int { image.shape.width }
}
