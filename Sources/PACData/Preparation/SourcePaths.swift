import Glibc
import PACFiles

/// Whether a file or folder exists.
/// - Throws: `DataError` if the system does not say so, as where a folder above may not be entered.
func fileExists(_ path: String) throws(DataError) -> Bool { try status(of: path) != nil }

/// Whether a folder exists.
/// - Throws: `DataError` as `fileExists` does.
func isFolder(_ path: String) throws(DataError) -> Bool {
  try status(of: path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
}

/// Refuses what is not a folder that can be read.
/// - Throws: `DataError` that tells a missing folder, one without permission, a file, and an archive
///   apart.
func requireFolder(_ path: String) throws(DataError) {
  guard let status = try status(of: path) else {
    throw DataError("\(path): no such folder; check the path")
  }
  guard status.st_mode & S_IFMT == S_IFDIR else {
    if let archive = PackedArchive(path) { throw archive.error(wanted: "folder") }
    throw DataError("\(path): is a file; name the folder that holds the data")
  }
  try requireReadable(path)
}

/// The system's record of a file or folder; nil if there is none.
private func status(of path: String) throws(DataError) -> stat? {
  var status = stat()
  if stat(path, &status) == 0 { return status }
  if errno != ENOENT, errno != ENOTDIR { try requireReadable(path) }
  return nil
}

private func requireReadable(_ path: String) throws(DataError) {
  do throws(InputFile.Problem) {
    try InputFile.check(path, orFolder: true)
  } catch {
    throw DataError("\(path): \(error)")
  }
}
