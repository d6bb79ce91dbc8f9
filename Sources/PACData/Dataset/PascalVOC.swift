/// What is specific to Pascal VOC (Everingham et al., *The Pascal Visual Object Classes Challenge*,
/// IJCV 2010).
enum PascalVOC {
  /// The class names in the order of the class numbers.
  static let classNames = [
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair",
    "cow", "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa",
    "train", "tvmonitor",
  ]

  /// Where the evaluation server expects predictions.
  static let submission = SubmissionLayout(
    folder: "results/VOC2012/Segmentation/comp6_{split}_cls", archive: "comp6_{split}_cls.tgz")
}
