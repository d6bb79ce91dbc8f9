import Glibc

/// Owns a C stream and closes it once.
final class OpenFile {
  let path: String
  private var stream: UnsafeMutablePointer<FILE>?

  init(reading path: String) throws {
    self.path = path
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw ImageFileError(file: path, problem: "is a folder", advice: "name a file")
    }
    stream = fopen(path, "rbe")
    guard stream != nil else {
      let missing = errno == ENOENT
      throw ImageFileError(
        file: path, problem: missing ? "no such file" : "cannot open the file",
        cause: missing ? nil : String(cString: strerror(errno)), advice: "check the path")
    }
  }

  init(writing path: String) throws {
    self.path = path
    stream = fopen(path, "wbe")
    guard stream != nil else {
      throw ImageFileError(
        file: path, problem: "cannot create the file", cause: String(cString: strerror(errno)),
        advice: "check the folder")
    }
  }

  /// The stream; valid as long as this object lives and is not closed.
  func withStream<R>(_ body: (UnsafeMutablePointer<FILE>) throws -> R) rethrows -> R {
    guard let stream else { preconditionFailure("\(path) is closed") }
    return try withExtendedLifetime(self) { try body(stream) }
  }

  /// Up to `count` bytes from the beginning.
  func firstBytes(_ count: Int) -> [UInt8] {
    withStream { stream in
      [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        rewind(stream)
        initialized = fread(buffer.baseAddress, 1, count, stream)
      }
    }
  }

  /// Closes a file that was written; fails if not all of it could be.
  func close() throws {
    guard let stream else { return }
    self.stream = nil
    guard fclose(stream) == 0 else { throw writeError() }
  }

  func writeError() -> ImageFileError {
    ImageFileError(
      file: path, problem: "cannot write the file", cause: String(cString: strerror(errno)),
      advice: "check the space and the quota of the disk")
  }

  deinit {
    if let stream { fclose(stream) }
  }
}
