import CHDF5

/// What concerns the library as a whole: start, error stack, release of identifiers.
enum HDF5Library {
  /// Whether several threads may call the library at once; starts the library when first asked.
  static let isThreadSafe: Bool = {
    // Without this the library flushes and closes what is still open when the process exits, and after
    // a failed write (a full disk) it tries again and complains. Whatever is to last is closed by `close()`.
    H5dont_atexit()
    guard H5open() >= 0 else { return false }
    var answer = false
    return H5is_library_threadsafe(&answer) >= 0 && answer
  }()

  /// Stops the library from printing its error stack; the setting belongs to the calling thread.
  static func silence() {
    H5Eset_auto2(pac_h5e_default(), nil, nil)
  }

  /// Lets go of an identifier of any kind, once.
  static func release(_ identifier: hid_t) {
    silence()
    // Closing a file closes what was opened in it, and identifiers are never given out twice.
    if H5Iis_valid(identifier) > 0 { H5Idec_ref(identifier) }
  }

  /// The innermost message of the calling thread's error stack, reduced to the system's words if it holds any.
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

  /// `No space left on device` out of `file write failed: … error message = 'No space left on device', …`.
  private static func systemWords(_ text: String) -> String {
    let pieces = text.split(separator: "error message = '", maxSplits: 1)
    guard pieces.count == 2, let words = pieces[1].split(separator: "'").first else { return text }
    return String(words)
  }
}

/// Owns one identifier of the library and releases it once.
final class HDF5Identifier: Sendable {
  let id: hid_t
  /// The file in which the object lies: it stays open as long as the object is used.
  private let file: HDF5Identifier?

  init(_ id: hid_t, in file: HDF5Identifier? = nil) {
    self.id = id
    self.file = file
  }

  deinit { HDF5Library.release(id) }
}

/// An open file, group or dataset and its place, for error messages; opaque outside this module.
public struct HDF5Location: Sendable {
  let identifier: HDF5Identifier
  let file: HDF5Identifier
  let filePath: String
  let objectPath: String

  /// Runs one call of the library and throws what it says if the result is negative.
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

  /// An error at this place, or at `name` inside it.
  func error(
    _ problem: String, at name: String? = nil, cause: String? = nil, advice: String? = nil
  ) -> HDF5Error {
    let object = name.map(path(of:)) ?? objectPath
    return HDF5Error(
      file: filePath, object: object == "/" ? nil : object, problem: problem, cause: cause,
      advice: advice)
  }

  /// The path inside the file of what is called `name` here.
  func path(of name: String) -> String {
    if name.hasPrefix("/") { return name }
    return objectPath == "/" ? "/\(name)" : "\(objectPath)/\(name)"
  }

  /// The place of an object that was just opened here; owns `id`.
  func location(of name: String, _ id: hid_t) -> HDF5Location {
    HDF5Location(
      identifier: HDF5Identifier(id, in: file), file: file, filePath: filePath,
      objectPath: path(of: name))
  }
}
