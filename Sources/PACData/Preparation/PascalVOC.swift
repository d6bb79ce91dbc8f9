/// What is Pascal VOC's alone (Everingham et al., *The Pascal Visual Object Classes Challenge*, IJCV 2010).
enum PascalVOC {
  /// The classes by their numbers.
  static let classNames = [
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair",
    "cow", "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa",
    "train", "tvmonitor",
  ]

  /// Where the evaluation server expects predictions.
  static let submission = SubmissionLayout(
    folder: "results/VOC2012/Segmentation/comp6_{split}_cls", archive: "comp6_{split}_cls.tgz")
}
