import PACAutograd

extension PretrainedClassifier {
  /// VGG-16 for ImageNet under the names of torchvision's `models.vgg16`.
  ///
  /// `features` numbers convolutions, ReLUs and poolings in a row; fc6 and fc7 are the matrices of
  /// `classifier.0` and `.3`, whose columns are in the order of a convolution's weight. Caffe's
  /// original weights are passed around under these names, too.
  static func vgg16(_ variant: FCN8sVariant) -> PretrainedClassifier {
    var beginnings: [(own: String, published: String)] = []
    var layer = 0
    for (number, block) in variant.blocks.enumerated() {
      for position in 1...block.convolutions {
        beginnings.append(("conv\(number + 1)_\(position).", "features.\(layer)."))
        // A convolution and its ReLU.
        layer += 2
      }
      // The pooling.
      layer += 1
    }
    beginnings += [("fc6.", "classifier.0."), ("fc7.", "classifier.3.")]
    return PretrainedClassifier(
      description: "torchvision's VGG-16",
      names: PublishedNames(beginnings: beginnings, matrices: ["fc6.weight", "fc7.weight"]),
      remark: "names of torchvision's VGG-16; the values are taken unchanged, and images enter as "
        + "blue, green and red from 0 to 255 minus means, as for Caffe's weights")
  }
}
