import Foundation
import PACFiles
import PACImageFiles

/// Creates a folder for predictions, including its parents, if it is missing.
/// - Throws: `ImageFileError` if it cannot be created.
public func makePredictionFolder(_ path: String) throws {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw ImageFileError(
      file: path, problem: "cannot create the folder",
      advice: "check the path and its permissions")
  }
}

/// Turns a sample's name into part of a file name of at most `limit` bytes: characters that are
/// unsafe in file names become `-`.
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

/// As `fileName`, but a name that had to change ends with a checksum of the original, so that two
/// samples never share a file name.
public func distinctFileName(_ sample: String, limit: Int) -> String {
  let name = fileName(sample, limit: limit)
  guard name != sample else { return name }
  var checksum = CRC32()
  checksum.update(Array(sample.utf8))
  return fileName(sample, limit: limit - 9) + "-" + checksum.hexadecimal
}
