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
  for scalar in sample.unicodeScalars {
    let text = isSafe(scalar) ? String(scalar) : "-"
    guard name.utf8.count + text.utf8.count <= limit else { break }
    name += text
  }
  return name
}

/// Whether a scalar is a letter, an accent or a digit, or one of a few signs: among others, joiners
/// and marks of direction are not.
private func isSafe(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
    .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
    true
  default: "._-".unicodeScalars.contains(scalar)
  }
}

/// As `fileName`, but a name that had to change ends with a checksum of the original, so that two
/// samples never share a file name.
public func distinctFileName(_ sample: String, limit: Int) -> String {
  let name = fileName(sample, limit: limit)
  guard !name.utf8.elementsEqual(sample.utf8) else { return name }
  var checksum = CRC32()
  checksum.update(Array(sample.utf8))
  return fileName(sample, limit: limit - 9) + "-" + checksum.hexadecimal
}
