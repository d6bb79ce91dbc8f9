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

/// Refuses labels of another size than the image, and numbers that are no class.
func checkLabels(
  _ labels: ByteImage, _ file: String, like image: Raster, classes: Int
) throws(DataError) {
  guard (labels.height, labels.width) == (image.height, image.width) else {
    throw DataError(
      "\(file): \(labels.height) × \(labels.width) pixels (rows × columns), but the image has "
        + "\(image.height) × \(image.width); make them equal")
  }
  if let place = labels.bytes.firstIndex(where: { $0 >= classes && $0 != SceneField.unlabelled }) {
    throw DataError(
      "\(file): label \(labels.bytes[place]) at row \(place / labels.width), column "
        + "\(place % labels.width); labels are 0 to \(classes - 1), and 255 for none")
  }
}
