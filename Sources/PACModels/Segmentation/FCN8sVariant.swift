/// The fully convolutional backbones by name.
public enum FCN8sVariant: String, Sendable, CaseIterable {
  /// As published by Long et al.: the first convolution pads by 100, and scores are cropped to fit.
  case classic = "fcn8s"
  /// Every layer pads so that sizes fit without cropping.
  case altPad = "fcn8saltpad"
  /// The paper's PacFCN: `altPad` with PAC convolutions in conv3_3, conv4_3 and conv5_3, and
  /// bilinear interpolation instead of the last transposed convolution.
  case pac = "fcn8spac"
  /// `altPad` with an eighth of the channels, for small datasets and quick experiments; not a
  /// published network.
  case narrow = "fcn8snarrow"

  /// The channels of VGG-16's five blocks and the number of convolutions in each.
  var blocks: [(channels: Int, convolutions: Int)] {
    let widths = self == .narrow ? [8, 16, 32, 64, 64] : [64, 128, 256, 512, 512]
    return Array(zip(widths, [2, 2, 3, 3, 3]))
  }

  /// The channels of fc6 and fc7.
  var hiddenChannels: Int { self == .narrow ? 128 : 4096 }
}
