import Glibc

/// Owns one open file descriptor: the few calls that logs and checksums need, each status checked.
final class SystemFile: Sendable {
  /// What a file is opened for.
  enum Mode {
    case reading
    /// Writing behind what is there.
    case appending
  }

  /// A call that failed, in words such as `cannot write (No space left on device)`.
  struct Failure: Error {
    let problem: String
    let code: Int32

    var description: String { "\(problem) (\(String(cString: strerror(code))))" }
  }

  private let descriptor: Int32

  /// Opens an existing file.
  init(_ path: String, for mode: Mode) throws(Failure) {
    let flags = mode == .reading ? O_RDONLY : O_WRONLY | O_APPEND
    descriptor = try Int32(
      Self.check("cannot open the file") { Int(open(path, flags | O_CLOEXEC)) })
  }

  /// The next bytes, at most `limit`; none at the end.
  func read(upTo limit: Int) throws(Failure) -> [UInt8] {
    var failure: Failure?
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      do throws(Failure) {
        count = try Self.check("cannot read") { Glibc.read(descriptor, buffer.baseAddress, limit) }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// All bytes from here to the end.
  func readToEnd() throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let more = try read(upTo: 1 << 20)
      if more.isEmpty { return bytes }
      bytes += more
    }
  }

  /// Writes all of the bytes.
  func write(_ bytes: [UInt8]) throws(Failure) {
    var written = 0
    while written < bytes.count {
      written += try Self.check("cannot write") {
        bytes.withUnsafeBytes {
          Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written)
        }
      }
    }
  }

  /// Waits until everything written has reached the disk.
  func synchronize() throws(Failure) {
    try Self.check("cannot write") { Int(fsync(descriptor)) }
  }

  deinit { close(descriptor) }

  /// Runs a system call, again if a signal interrupts it, and throws if it fails.
  @discardableResult
  private static func check(_ problem: String, _ call: () -> Int) throws(Failure) -> Int {
    while true {
      let result = call()
      if result >= 0 { return result }
      if errno != EINTR { throw Failure(problem: problem, code: errno) }
    }
  }
}
