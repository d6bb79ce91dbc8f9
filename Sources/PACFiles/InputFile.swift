import Glibc

/// Checks of a file that comes from elsewhere, before it is opened.
///
/// Only regular files are read: a pipe or a device may never end, and opening a pipe waits for a
/// writer.
public enum InputFile {
  /// Why a path cannot be read as a file.
  public struct Problem: Error, Equatable, CustomStringConvertible {
    /// What is wrong, such as `is a pipe`.
    public let problem: String
    /// The system's reason, if it gave one.
    public let cause: String?
    /// What to do about it.
    public let advice: String

    /// Problem, cause and advice on one line.
    public var description: String {
      "\(problem)\(cause.map { " (\($0))" } ?? ""); \(advice)"
    }
  }

  /// Checks that a path names a regular file, or a link to one, that may be read.
  /// - Parameters:
  ///   - path: the path.
  ///   - orFolder: whether it may name a folder, too.
  /// - Returns: the size of the file in bytes.
  /// - Throws: `Problem`.
  @discardableResult
  public static func check(_ path: String, orFolder: Bool = false) throws(Problem) -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { throw systemProblem() }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    if let kind = kind(of: status), !(orFolder && isFolder) {
      throw Problem(
        problem: "is \(kind)", cause: nil,
        advice: isFolder ? "name a file" : "name a file, since this may never end")
    }
    guard access(path, R_OK) == 0 else { throw systemProblem() }
    return Int(status.st_size)
  }

  /// Reads a whole file.
  /// - Parameters:
  ///   - path: the path.
  ///   - limit: the size in bytes that it may have; nil for any.
  /// - Returns: its bytes.
  /// - Throws: `Problem`.
  public static func contents(
    of path: String, atMost limit: Int? = nil
  ) throws(Problem) -> [UInt8] {
    let size = try check(path)
    if let limit, size > limit {
      throw Problem(
        problem: "has \(size) bytes, more than the \(limit) that such a file may have", cause: nil,
        advice: "name another file")
    }
    do throws(SystemFile.Failure) {
      return try SystemFile(path, for: .reading).readToEnd()
    } catch {
      throw Problem(
        problem: error.problem, cause: String(cString: strerror(error.code)),
        advice: "check the file and its disk")
    }
  }

  /// `a pipe` and its like; nil for a regular file.
  static func kind(of status: stat) -> String? {
    switch status.st_mode & S_IFMT {
    case S_IFREG: nil
    case S_IFDIR: "a folder"
    case S_IFIFO: "a pipe"
    case S_IFSOCK: "a socket"
    default: "a device"
    }
  }

  /// The problem that `errno` tells.
  private static func systemProblem() -> Problem {
    let code = errno
    switch code {
    case ENOENT, ENOTDIR:
      return Problem(problem: "no such file", cause: nil, advice: "check the path")
    case EACCES, EPERM:
      return Problem(
        problem: "cannot open the file", cause: String(cString: strerror(code)),
        advice: "check its permissions and those of its folders")
    default:
      return Problem(
        problem: "cannot open the file", cause: String(cString: strerror(code)),
        advice: "check the path")
    }
  }
}
