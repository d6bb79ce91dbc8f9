import CPACHDF5
import Glibc
import Synchronization

/// Library-wide functions: initialization, error stack, release of identifiers.
enum HDF5Library {
  /// Whether several threads may call the library at once; initializes the library on first use.
  static let isThreadSafe: Bool = {
    // Otherwise the library flushes and closes open files when the process exits, and after a
    // failed write (full disk) it tries again and prints errors. Files to keep are closed by
    // `close()`.
    H5dont_atexit()
    guard H5open() >= 0 else { return false }
    LZF.register()
    // Without its class, no link to another file is followed, however the path gets there.
    if !readsOutsideFiles { H5Lunregister(H5L_TYPE_EXTERNAL) }
    var answer = false
    return H5is_library_threadsafe(&answer) >= 0 && answer
  }()

  /// The variable by which a user allows to read the files that a file names.
  static let outsideVariable = "PAC_HDF5_OUTSIDE"

  /// Whether external links, external storage and virtual datasets are followed.
  static let readsOutsideFiles = getenv(outsideVariable).map { String(cString: $0) } == "1"

  /// The library's version, such as `1.10.8`.
  static let version: String = {
    // Any call initializes the library, and this one without its handler at exit.
    _ = isThreadSafe
    var numbers: (UInt32, UInt32, UInt32) = (0, 0, 0)
    H5get_libversion(&numbers.0, &numbers.1, &numbers.2)
    return "\(numbers.0).\(numbers.1).\(numbers.2)"
  }()

  /// What to say about a message that tells of a format this library does not know.
  ///
  /// Each part of a file has a version, and newer libraries write newer ones when asked for the
  /// latest format.
  static func adviceOnNewerFormat(_ cause: String) -> String? {
    let signs = ["bad version", "wrong version", "unknown version", "bad superblock version"]
    let isHeader = cause.contains("bad object header version")
    guard isHeader || signs.contains(where: cause.contains) else { return nil }
    return
      "a newer HDF5 library wrote it than \(version), which this program uses, can read, or it "
      + "is damaged; rewrite it with the newer one: h5repack -j 0 -k 2 IN OUT, or "
      + "libver=(\"earliest\", \"v110\") with h5py"
  }

  /// Stops the library from printing its error stack; applies to the calling thread.
  static func silence() {
    H5Eset_auto2(pac_h5e_default(), nil, nil)
  }

  /// Releases an identifier of any kind once; returns whether that succeeded.
  @discardableResult
  static func release(_ identifier: hid_t) -> Bool {
    silence()
    // Closing a file closes what was opened in it, and identifiers are never reused.
    return H5Iis_valid(identifier) <= 0 || H5Idec_ref(identifier) >= 0
  }

  /// The innermost message of the calling thread's error stack, or only the system's message if it
  /// contains one.
  static func errorText() -> String? {
    var text: String?
    withUnsafeMutablePointer(to: &text) { pointer in
      _ = H5Ewalk2(
        pac_h5e_default(), H5E_WALK_UPWARD,
        { depth, error, context in
          guard depth == 0, let words = error?.pointee.desc else { return 0 }
          context?.assumingMemoryBound(to: String?.self).pointee = String(cString: words)
          return 0
        }, pointer)
    }
    return text.map(systemWords)
  }

  /// `No space left on device` out of `file write failed: … error message = 'No space left on
  /// device', …`.
  private static func systemWords(_ text: String) -> String {
    let pieces = text.split(separator: "error message = '", maxSplits: 1)
    guard pieces.count == 2, let words = pieces[1].split(separator: "'").first else { return text }
    return String(words)
  }
}

/// Owns one identifier of the library and releases it once.
final class HDF5Identifier: Sendable {
  let id: hid_t
  /// The file of the object, which stays open as long as the object is used.
  private let file: HDF5Identifier?
  /// For a file: its texts, if another process has read them.
  let texts: LookTexts?
  private let abandonment = Atomic(false)
  private let loss = Mutex<Loss?>(nil)

  /// Data that the library failed to write when it released a dataset, and its words for it.
  struct Loss: Sendable { let cause: String? }

  init(_ id: hid_t, in file: HDF5Identifier? = nil, texts: LookTexts? = nil) {
    self.id = id
    self.file = file
    self.texts = texts
  }

  /// Leaks a file that could not be closed, and what was opened in it.
  ///
  /// HDF5 1.10 frees part of such a file but keeps its identifier valid, and crashes when it is
  /// closed again.
  func abandon() { abandonment.store(true, ordering: .relaxed) }

  /// Whether the file was leaked because it could not be closed.
  var isAbandoned: Bool { (file ?? self).abandonment.load(ordering: .relaxed) }

  /// What the library failed to flush when a dataset was released; nil if nothing was lost.
  var lostData: Loss? { loss.withLock { $0 } }

  deinit {
    guard !isAbandoned, !HDF5Library.release(id) else { return }
    let cause = HDF5Library.errorText()
    file?.loss.withLock { $0 = $0 ?? Loss(cause: cause) }
  }
}

/// An open file, group or dataset with its path for error messages; opaque outside this module.
public struct HDF5Location: Sendable {
  let identifier: HDF5Identifier
  let file: HDF5Identifier
  let filePath: String
  let objectPath: String

  /// Runs one library call, and throws the library's error if the result is negative.
  @discardableResult
  func check<Status: SignedInteger>(
    _ problem: @autoclosure () -> String, advice: @autoclosure () -> String? = nil,
    _ call: @autoclosure () throws -> Status
  ) throws -> Status {
    HDF5Library.silence()
    let status = try call()
    guard status >= 0 else {
      let cause = HDF5Library.errorText()
      let newer = cause.flatMap(HDF5Library.adviceOnNewerFormat)
      throw error(problem(), cause: cause, advice: newer ?? advice())
    }
    return status
  }

  /// An error about this object, or about `name` inside it.
  func error(
    _ problem: String, at name: String? = nil, cause: String? = nil, advice: String? = nil
  ) -> HDF5Error {
    let object = name.map(path(of:)) ?? objectPath
    return HDF5Error(
      file: filePath, object: object == "/" ? nil : object, problem: problem, cause: cause,
      advice: advice)
  }

  /// Where the object's header is.
  func address() throws -> HDF5Address {
    var info = H5O_info_t()
    try check("cannot find it", H5Oget_info2(identifier.id, &info, UInt32(H5O_INFO_BASIC)))
    return HDF5Address(file: info.fileno, header: info.addr)
  }

  /// The path inside the file of `name` in this object.
  func path(of name: String) -> String {
    if name.hasPrefix("/") { return name }
    return objectPath == "/" ? "/\(name)" : "\(objectPath)/\(name)"
  }

  /// The location of an object that was just opened here; owns `id`.
  func location(of name: String, _ id: hid_t) -> HDF5Location {
    HDF5Location(
      identifier: HDF5Identifier(id, in: file), file: file, filePath: filePath,
      objectPath: path(of: name))
  }
}

/// Identifies an object among those of all open files.
struct HDF5Address: Hashable {
  let file: UInt
  let header: haddr_t
}
