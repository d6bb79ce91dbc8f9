import Foundation
import PACFiles
import PACImageFiles

/// The bytes of a file.
func fileBytes(_ path: String) throws(DataError) -> [UInt8] {
  do throws(InputFile.Problem) {
    return try InputFile.contents(of: path)
  } catch {
    throw DataError("\(path): \(error)")
  }
}

/// Finds a photograph of a name: `NAME.jpg`, or the same with another common ending.
/// - Returns: its path in the first folder that has one; nil if none has.
/// - Throws: `DataError` if a folder may not be read.
func photograph(_ name: String, in folders: [String]) throws(DataError) -> String? {
  for folder in folders {
    for ending in ["jpg", "jpeg", "png"] {
      for spelling in [ending, ending.uppercased(), ending.capitalized] {
        let path = "\(folder)/\(name).\(spelling)"
        if try fileExists(path) { return path }
      }
    }
  }
  return nil
}

/// Refuses class numbers of another size than the image, and numbers that are no class.
func checkLabels(
  _ labels: ByteImage, _ file: String, like image: Raster, classes: Int
) throws(DataError) {
  try checkSize(
    labels.height, labels.width, of: file, like: image.header, "the image", "the labels")
  if let place = labels.bytes.firstIndex(where: { $0 >= classes && $0 != SceneField.unlabelled }) {
    throw DataError(
      "\(file): label \(labels.bytes[place]) at row \(place / labels.width), column "
        + "\(place % labels.width); " + LabelNumbers().allowed(classes: classes))
  }
}

/// Refuses a file whose size is not that of its image, and says what the sizes tell about the cause.
/// - Parameters:
///   - height: the rows of the file's contents.
///   - width: its columns.
///   - file: the file.
///   - image: the header of the image.
///   - imageName: what to call the image.
///   - contents: what to call the file's contents, such as "the depth".
///   - unit: what the contents have rows and columns of.
///   - advice: what to do if the sizes tell no cause.
/// - Throws: `DataError` if the sizes differ.
func checkSize(
  _ height: Int, _ width: Int, of file: String, like image: Raster.Header, _ imageName: String,
  _ contents: String, unit: String = "pixels", advice: String = "make them equal"
) throws(DataError) {
  guard (height, width) != (image.height, image.width) else { return }
  var found = "\(image.height) × \(image.width)" + (unit == "pixels" ? "" : " pixels")
  var advice = advice
  let isTurned = (height, width) == (image.width, image.height)
  if image.orientation != .upright {
    found += " after it was turned upright by its EXIF orientation \(image.orientation.number)"
    if isTurned { advice = "turn \(contents) in the same way, or remove the orientation" }
  } else if isTurned {
    advice = "transpose \(contents), whose rows and columns are exchanged"
  }
  throw DataError(
    "\(file): \(height) × \(width) \(unit) (rows × columns), but \(imageName) has \(found); "
      + advice)
}
