import PACImageFiles

/// Names and colours of Pascal VOC's classes (Everingham et al., *The Pascal Visual Object Classes Challenge*, IJCV 2010).
public enum PascalVOC {
  /// The classes by their numbers.
  public static let classNames = [
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair",
    "cow", "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa",
    "train", "tvmonitor",
  ]

  /// The number that marks pixels without label.
  public static let unlabelled: UInt8 = 255

  /// The colours of 256 class numbers in label images: bits 0, 3 and 6 of a number make the high bits of red, 1, 4 and 7 those of
  /// green, 2 and 5 those of blue.
  public static let palette: [PNG.Color] = (0..<256).map { number in
    func part(_ first: Int) -> UInt8 {
      (0..<8).reduce(UInt8(0)) { part, bit in
        let position = first + 3 * bit
        return position < 8 && number >> position & 1 == 1 ? part | 0x80 >> UInt8(bit) : part
      }
    }
    return PNG.Color(part(0), part(1), part(2))
  }
}
