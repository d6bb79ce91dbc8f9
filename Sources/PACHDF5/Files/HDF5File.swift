import CPACHDF5
import PACFiles

/// An open HDF5 file.
///
/// Groups and datasets keep their file open while they are in use. Call `close()` to finish a
/// written file: it reports whether everything reached the disk, while dropping the last reference
/// only frees it. Several threads may use a file at once; the library is rejected unless it was
/// built thread-safe.
public final class HDF5File: Sendable {
  /// The path as given.
  public let path: String
  private let identifier: HDF5Identifier

  /// Opens a file for reading; any number of processes may do so at once, also on a read-only file
  /// system.
  ///
  /// Another process looks at a file first, because damage can make the library run without end, or
  /// crash (docs/decisions/0010-first-look.md).
  /// - Parameters:
  ///   - path: the file.
  ///   - isOwn: whether this process has just written it, so that no look is needed.
  /// - Throws: `HDF5Error`.
  public convenience init(reading path: String, isOwn: Bool = false) throws {
    try self.init(reading: path, looking: !isOwn)
  }

  init(reading path: String, looking: Bool) throws {
    try Self.requireThreadSafeLibrary(path)
    let texts = try Self.requireReadable(path, looking: looking)
    self.path = path
    self.identifier = try Self.open(path, texts, or: "cannot open it as HDF5") { access in
      let id = H5Fopen(path, pac_h5f_read_only(), access)
      guard id < 0, let cause = HDF5Library.errorText() else { return id }
      // `truncated file: eof = 2048, sblock->base_addr = 0, stored_eof = 4096` and its like.
      guard cause.hasPrefix("truncated file") else { return id }
      throw HDF5Error(
        file: path, problem: "the file is truncated", cause: cause,
        advice: "copy or create it again")
    }
  }

  /// Creates a file, replacing an existing one.
  public init(creating path: String) throws {
    try Self.requireThreadSafeLibrary(path)
    self.path = path
    self.identifier = try Self.open(path, or: "cannot create the file") { access in
      H5Fcreate(path, pac_h5f_truncate(), pac_h5p_default(), access)
    }
  }

  /// Whether an HDF5 file exists at the path, intact or not.
  public static func recognizes(_ path: String) -> Bool {
    guard (try? InputFile.check(path)) != nil else { return false }
    HDF5Library.silence()
    return HDF5Library.isThreadSafe && H5Fis_hdf5(path) > 0
  }

  /// The root group, `/`.
  public var root: HDF5Group {
    HDF5Group(
      location: HDF5Location(
        identifier: identifier, file: identifier, filePath: path, objectPath: "/"))
  }

  /// Flushes and closes the file with everything opened in it; a second call does nothing.
  public func close() throws {
    HDF5Library.silence()
    guard !identifier.isAbandoned, H5Iis_valid(identifier.id) > 0 else { return }
    let lost = identifier.lostData
    guard H5Fclose(identifier.id) >= 0, lost == nil else {
      let error = Self.writeError(path, lost)
      identifier.abandon()
      throw error
    }
  }

  private static func writeError(_ path: String, _ lost: HDF5Identifier.Loss?) -> HDF5Error {
    HDF5Error(
      file: path, problem: "cannot write the file", cause: lost?.cause ?? HDF5Library.errorText(),
      advice: "check the free disk space and the quota")
  }

  private static func open(
    _ path: String, _ texts: LookTexts? = nil, or problem: String,
    _ call: (hid_t) throws -> hid_t
  ) throws -> HDF5Identifier {
    HDF5Library.silence()
    let access = H5Pcreate(pac_h5p_file_access())
    defer { HDF5Library.release(access) }
    // Strong: closing a file also closes what was opened in it, so that `close()` means closed. No
    // locks: read-only and network file systems refuse them, and files are written under a
    // temporary name anyway.
    guard access >= 0, H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0,
      H5Pset_file_locking(access, false, true) >= 0
    else { throw HDF5Error(file: path, problem: problem, cause: HDF5Library.errorText()) }
    let id = try call(access)
    guard id >= 0 else {
      let cause = HDF5Library.errorText()
      throw HDF5Error(
        file: path, problem: problem, cause: cause,
        advice: cause.flatMap(HDF5Library.adviceOnNewerFormat) ?? "check the file and its folder")
    }
    return HDF5Identifier(id, texts: texts)
  }

  private static func requireThreadSafeLibrary(_ path: String) throws {
    guard HDF5Library.isThreadSafe else {
      throw HDF5Error(
        file: path, problem: "the installed HDF5 library is not thread-safe",
        advice: "install Debian's libhdf5-dev, or build HDF5 with thread safety")
    }
  }

  /// Checks that there is an HDF5 file, and that its structure can be read to the end.
  /// - Returns: its texts of variable length; nil if nobody has looked.
  private static func requireReadable(_ path: String, looking: Bool) throws -> LookTexts? {
    let size: Int
    do throws(InputFile.Problem) {
      size = try InputFile.check(path)
    } catch {
      throw HDF5Error(
        file: path, problem: error.problem, cause: error.cause, advice: error.advice)
    }
    HDF5Library.silence()
    if size == 0 {
      throw HDF5Error(file: path, problem: "the file is empty", advice: "copy or create it again")
    }
    if H5Fis_hdf5(path) == 0 {
      throw HDF5Error(file: path, problem: "not an HDF5 file", advice: "name an HDF5 file")
    }
    return looking ? try FirstLook.require(path, size: size) : nil
  }
}

extension HDF5File {
  /// The version of the loaded library, such as `1.10.8`.
  public static var libraryVersion: String { HDF5Library.version }
}
