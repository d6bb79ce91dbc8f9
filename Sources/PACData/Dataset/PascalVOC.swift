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

  /// The files of VOC 2011's lists.
  private static let lists2011 =
    "ImageSets/Segmentation/train.txt and val.txt of VOC 2011 (VOCtrainval_25-May-2011.tar)"

  /// The warning if a dataset is prepared without the lists of VOC 2011.
  static let missingLists =
    "without --list train11=FILE and --list val11=FILE there are no splits train11, val11, "
    + "train11_sbd and val11_sbd, which the paper uses; the files are \(lists2011)"

  /// How to make a split that a dataset lacks.
  /// - Parameter split: the name of the split, also with `_randN`.
  /// - Returns: what to do; nil if it is none of VOC's splits.
  static func advice(onMissing split: String) -> String? {
    let lists = "--list train11=FILE --list val11=FILE"
    let options: String
    switch split.replacing(/_rand[0-9]+$/, with: "") {
    case "train11", "val11", "trainval11": options = "\(lists), \(lists2011)"
    case "train11_sbd", "val11_sbd": options = "--sbd FOLDER \(lists), \(lists2011)"
    case "train_aug", "trainval_aug":
      options = "--sbd FOLDER, or --list train_aug=FILE with labels in SegmentationClassAug"
    default: return nil
    }
    return "prepare it again with pac prepare voc and \(options)"
  }
}

extension DatasetDescription {
  /// Whether the classes are those of Pascal VOC.
  public var isPascalVOC: Bool { classNames == PascalVOC.classNames }
}
