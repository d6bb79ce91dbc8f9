import Foundation
import PACFiles
import PACImageFiles

/// Makes a folder for predictions, with those it lies in, where they are missing.
/// - Throws: `ImageFileError` if it cannot be made.
public func makePredictionFolder(_ path: String) throws {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw ImageFileError(
      file: path, problem: "cannot make the folder",
      advice: "check its place and the permissions there")
  }
}

/// A sample's name as part of a file's, at most `limit` bytes: what file systems do not take becomes `-`.
public func fileName(_ sample: String, limit: Int) -> String {
  var name = ""
  for character in sample {
    let isTaken =
      character.isLetter || character.isNumber || "._-".contains(character)
    let text = isTaken ? String(character) : "-"
    guard name.utf8.count + text.utf8.count <= limit else { break }
    name += text
  }
  return name
}

/// As `fileName`, but names that had to change end with a checksum of the whole, so that those of two samples differ.
public func distinctFileName(_ sample: String, limit: Int) -> String {
  let name = fileName(sample, limit: limit)
  guard name != sample else { return name }
  var checksum = CRC32()
  checksum.update(Array(sample.utf8))
  return fileName(sample, limit: limit - 9) + "-" + checksum.hexadecimal
}
