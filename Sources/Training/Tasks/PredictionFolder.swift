import Foundation
import ImageFiles

/// Makes a folder for predictions, with those it lies in, where they are missing.
/// - Throws: `ImageFileError` if it cannot be made.
func makePredictionFolder(_ path: String) throws {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw ImageFileError(
      file: path, problem: "cannot make the folder",
      advice: "check its place and the permissions there")
  }
}

/// A sample's name as part of a file's, at most `limit` characters: what file systems do not take becomes `-`.
func fileName(_ sample: String, limit: Int) -> String {
  String(
    sample.prefix(limit).map { $0.isLetter || $0.isNumber || "._-".contains($0) ? $0 : "-" })
}
