import PACFiles

/// The arrays in a `.npz` file: a zip archive of `.npy` files, compressed or not, as `numpy.savez`
/// and `numpy.savez_compressed` write it.
public struct NumPyArchive {
  /// The most bytes that an array may have, which bounds what a small archive can unpack to.
  public static let most = 1 << 28

  private let path: String
  private let archive: ZipArchive
  private let arrays: [ZipEntry]

  /// Opens an archive and reads its directory.
  /// - Throws: `ImageFileError` or `ForeignFileError`, naming the file, if it is no zip archive, is
  ///   damaged, or holds no array.
  public init(_ path: String) throws {
    let file = try FileBytes(path)
    guard ZipArchive.recognizes(try file.bytes(at: 0, count: min(file.count, 4))) else {
      throw ImageFileError(
        file: path, problem: "not a .npz file", advice: "save the array with numpy.savez")
    }
    self.path = path
    archive = try ZipArchive(file)
    arrays = archive.entries.filter { $0.name.hasSuffix(Self.ending) }
    guard !arrays.isEmpty else {
      throw ImageFileError(
        file: path, problem: "the archive holds no array",
        advice: "save the array with numpy.savez")
    }
  }

  private static let ending = ".npy"

  /// Reads the only array, or, if there are several, the one of this name.
  /// - Throws: `ImageFileError` or `ForeignFileError`, naming the file and the array.
  public func array(named name: String) throws -> NumPyArray {
    guard let entry = arrays.count == 1 ? arrays[0] : archive[name + Self.ending] else {
      let names = arrays.prefix(5).map { shown($0.name.dropLast(Self.ending.count)) }
      throw ImageFileError(
        file: path,
        problem: "the archive holds \(arrays.count) arrays ("
          + names.joined(separator: ", ") + (arrays.count > 5 ? ", …)" : ")"),
        advice: "save one alone, or call one '\(name)'")
    }
    guard entry.count <= Self.most else {
      throw ImageFileError(
        file: path, problem: "\(shown(entry.name)) has \(entry.count) bytes",
        advice: "save arrays of at most \(Self.most) bytes")
    }
    return try NumPyArray(
      decoding: archive.bytes(of: entry), name: "\(path), \(shown(entry.name))")
  }
}
