import PACImageFiles

/// Counts the images that were turned upright by their EXIF orientation.
struct TurnedImages {
  private var count = 0
  private var first: (file: String, orientation: Orientation)?

  /// Counts an image.
  mutating func add(_ header: Raster.Header, _ file: String) {
    guard header.orientation != .upright else { return }
    count += 1
    first = first ?? (file, header.orientation)
  }

  /// A line if there are any, since ground truth made of pixels as they are stored is not turned.
  var remarks: [String] {
    guard let first else { return [] }
    return [
      "\(first.file)\(count > 1 ? " and \(count - 1) more" : ""): turned upright by its EXIF "
        + "orientation \(first.orientation.number)"
    ]
  }
}

/// Counts what is unusual about photographs and their label files.
struct LabelSources {
  private var turned = TurnedImages()
  private var turnedLabels = TurnedImages()
  private var recolored: (count: Int, first: String)?

  /// Counts a photograph.
  mutating func add(_ header: Raster.Header, _ file: String) { turned.add(header, file) }

  /// Counts a label file.
  mutating func add(_ label: LabelFile, _ file: String) {
    turnedLabels.add(label.header, file)
    guard label.isMatchedByColor else { return }
    recolored = ((recolored?.count ?? 0) + 1, recolored?.first ?? file)
  }

  /// A line for each kind that there is.
  var remarks: [String] {
    let colors = recolored.map { count, first in
      "\(first)\(count > 1 ? " and \(count - 1) more" : ""): class numbers follow from the colours, "
        + "whose order is another one than the classes'"
    }
    return turned.remarks + turnedLabels.remarks + [colors].compactMap { $0 }
  }
}
