import Foundation

/// A file or folder of the reference that lies in the repository: cases, samples, scripts.
public func reference(_ path: String) -> String {
  packageRoot.appendingPathComponent("Tests/Reference/\(path)").path
}

/// A file or folder of the larger sets that may lie beside the package, nil where it does not.
///
/// Tests use it in addition to the repository's own files, so nothing is skipped without it.
public func sharedData(_ path: String) -> String? {
  let file = packageRoot.appendingPathComponent("../shared/\(path)").standardizedFileURL.path
  return FileManager.default.fileExists(atPath: file) ? file : nil
}
