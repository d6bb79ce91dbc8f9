import Glibc

/// Random access to an open file; reads only what is requested.
package final class FileBytes: Sendable {
  /// The path as given.
  package let path: String
  /// The file's size at the time of opening.
  package let count: Int
  private let descriptor: Int32

  /// Opens a regular file; nothing else, such as a pipe, which could make reading wait.
  package init(_ path: String) throws {
    let count: Int
    do throws(InputFile.Problem) {
      count = try InputFile.check(path)
    } catch {
      let cause = error.cause.map { " (\($0))" } ?? ""
      throw ForeignFileError(path, "\(error.problem)\(cause)", advice: error.advice)
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw ForeignFileError(
        path, "cannot open the file (\(systemError()))", advice: "check the path")
    }
    self.path = path
    self.count = count
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Fills `buffer` with the bytes from `offset` on.
  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < buffer.count {
      let read = pread(
        descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, offset + done)
      if read < 0, errno == EINTR { continue }
      guard read >= 0 else {
        throw ForeignFileError(path, "cannot read (\(systemError()))", advice: "check the disk")
      }
      guard read > 0 else {
        throw ForeignFileError.damaged(path, "ends at byte \(offset + done)")
      }
      done += read
    }
  }

  /// `count` bytes from `offset`.
  /// - Precondition: the caller has checked the range against the file's size.
  package func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    precondition(offset >= 0 && count >= 0 && offset + count <= self.count)
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      try read(
        at: offset,
        into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[..<count])))
      initialized = count
    }
  }
}

private func systemError() -> String { String(cString: strerror(errno)) }
