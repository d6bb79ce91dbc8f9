import CPACHDF5
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
    var answer = false
    return H5is_library_threadsafe(&answer) >= 0 && answer
  }()

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
  private let abandonment = Atomic(false)
  private let loss = Atomic(false)

  init(_ id: hid_t, in file: HDF5Identifier? = nil) {
    self.id = id
    self.file = file
  }

  /// Leaks a file that could not be closed, and what was opened in it.
  ///
  /// HDF5 1.10 frees part of such a file but keeps its identifier valid, and crashes when it is
  /// closed again.
  func abandon() { abandonment.store(true, ordering: .relaxed) }

  /// Whether the file was leaked because it could not be closed.
  var isAbandoned: Bool { (file ?? self).abandonment.load(ordering: .relaxed) }

  /// Whether the library failed to flush a dataset when it was released.
  var hasLostData: Bool { loss.load(ordering: .relaxed) }

  deinit {
    if !isAbandoned, !HDF5Library.release(id) { file?.loss.store(true, ordering: .relaxed) }
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
      throw error(problem(), cause: HDF5Library.errorText(), advice: advice())
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
