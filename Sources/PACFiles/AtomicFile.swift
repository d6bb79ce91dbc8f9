import Glibc
import Synchronization

/// A file that appears complete or not at all: written under a temporary name in the same folder,
/// then renamed.
///
/// The temporary file is locked while it is written, and the lock ends with the process. This
/// distinguishes the leftovers of a killed process from a file that is still being written. The
/// next `AtomicFile` for the same path removes leftovers.
public final class AtomicFile: Sendable {
  /// Why a file cannot be written, in one line: `out.pth: there is no folder runs; create it or
  /// name another`.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    /// The path at which the file would appear.
    public let file: String
    /// The problem, with the system's reason if it gave one.
    public let problem: String
    /// What to do about it.
    public let advice: String
    /// The system's reason; its code is 0 if there was none.
    public var reason = SystemReason(code: 0)

    /// The file, the problem and what to do.
    public var description: String { "\(file): \(words)" }

    /// The problem and what to do, without the file.
    public var words: String { "\(problem); \(advice)" }
  }

  /// The path at which the file appears when it is committed.
  public let path: String
  /// The path to write to until then.
  public let temporaryPath: String
  private let descriptor: Int32
  private let folder: String
  private let isCommitted = Atomic(false)

  /// Removes leftovers of killed processes for the same path, and makes the empty temporary file.
  /// - Throws: `Failure` if there is no folder to write into.
  public init(_ path: String) throws(Failure) {
    let (folder, name) = Self.split(path)
    try Self.requireFolder(folder, for: path)
    Self.removeAbandoned(in: folder, namesBeginningWith: name + Self.mark)
    let suffix = "\(getpid())-\(String(UInt32.random(in: 0...(.max)), radix: 16))"
    self.path = path
    self.folder = folder
    self.temporaryPath = "\(folder)/.\(name)\(Self.mark)\(suffix)"
    self.descriptor = open(temporaryPath, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw Self.error(path, "cannot write into the folder \(folder)", advice: "check the folder")
    }
    // On a file system without locks, no file ever counts as abandoned.
    _ = flock(descriptor, LOCK_EX | LOCK_NB)
  }

  /// Renames the file once all of it is on disk; replaces an existing file.
  /// - Throws: `Failure` if the disk is full or the folder was changed.
  public func commit() throws(Failure) {
    guard fsync(descriptor) == 0 || Self.cannotSynchronize.contains(errno) else {
      throw Self.error(path, "cannot write the file")
    }
    guard rename(temporaryPath, path) == 0 else {
      throw Self.error(path, "cannot rename the finished file")
    }
    isCommitted.store(true, ordering: .relaxed)
    // Syncing the folder writes the name to disk.
    let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if directory >= 0 { close(directory) } }
    // A folder that may be written but not read cannot be opened.
    if directory < 0, errno == EACCES { return }
    guard
      directory >= 0,
      fsync(directory) == 0 || errno == EBADF || Self.cannotSynchronize.contains(errno)
    else { throw Self.error(path, "cannot write the folder \(folder)") }
  }

  /// Some file systems cannot be told to write at once, and for folders many network file systems
  /// refuse it as not open for writing: nothing is wrong with the file then.
  private static let cannotSynchronize = [EINVAL, EOPNOTSUPP, ENOTTY, ENOSYS]

  deinit {
    if !isCommitted.load(ordering: .relaxed) {
      // Truncated first, since a library that failed to close the file would otherwise keep its
      // space.
      _ = ftruncate(descriptor, 0)
      unlink(temporaryPath)
    }
    close(descriptor)
  }

  private static let mark = ".partial-"

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
  }

  private static func requireFolder(_ folder: String, for path: String) throws(Failure) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw Failure(file: path, problem: "is a folder", advice: "name a file")
    }
    guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw Failure(
        file: path, problem: "there is no folder \(folder)", advice: "create it or name another")
    }
  }

  /// Removes temporary files of killed processes from a folder, of files whose names begin with
  /// `prefix`.
  public static func removeAbandoned(in folder: String, namesBeginningWith prefix: String) {
    guard let directory = opendir(folder) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasPrefix(".\(prefix)"), name.contains(mark) else { continue }
      let file = "\(folder)/\(name)"
      let descriptor = open(file, O_RDWR | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(file) }
      close(descriptor)
    }
  }

  private static func error(_ path: String, _ problem: String, advice: String? = nil) -> Failure {
    let reason = SystemReason(code: errno)
    return Failure(
      file: path, problem: "\(problem) (\(reason))", advice: advice ?? reason.advice, reason: reason
    )
  }
}
