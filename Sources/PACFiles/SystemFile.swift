import Glibc

/// Owns one open file descriptor: the few calls that logs and checksums need, each status checked.
public final class SystemFile: Sendable {
  /// What a file is opened for.
  public enum Mode: Sendable {
    /// Reading from the beginning.
    case reading
    /// Appending to the contents.
    case appending
  }

  /// A failed system call, described as in `cannot write (No space left on device)`.
  public struct Failure: Error, CustomStringConvertible {
    /// What failed.
    public let problem: String
    /// The `errno` of the failure; 0 if it was none of the system's.
    public let code: Int32

    /// Describes a failed call.
    public init(problem: String, code: Int32) {
      self.problem = problem
      self.code = code
    }

    /// What failed, and the system's reason.
    public var description: String {
      code == 0 ? problem : "\(problem) (\(String(cString: strerror(code))))"
    }
  }

  private let descriptor: Int32

  /// Opens an existing file.
  ///
  /// Pipes, sockets and devices are refused for reading: they may never end.
  public init(_ path: String, for mode: Mode) throws(Failure) {
    var status = stat()
    if mode == .reading, stat(path, &status) == 0, let kind = InputFile.kind(of: status),
      status.st_mode & S_IFMT != S_IFDIR
    {
      throw Failure(problem: "is \(kind), not a file", code: 0)
    }
    let flags = mode == .reading ? O_RDONLY : O_WRONLY | O_APPEND
    descriptor = try Int32(
      Self.check("cannot open the file") { Int(open(path, flags | O_CLOEXEC)) })
  }

  /// The number of bytes in the file.
  public var size: Int {
    get throws(Failure) {
      var status = stat()
      try Self.check("cannot read") { Int(fstat(descriptor, &status)) }
      return Int(status.st_size)
    }
  }

  /// Reads the next bytes, at most `limit`; none at the end.
  public func read(upTo limit: Int) throws(Failure) -> [UInt8] {
    try read(upTo: limit) { Glibc.read(descriptor, $0, limit) }
  }

  /// Reads the bytes from `offset` on, at most `limit`; none at the end.
  ///
  /// It does not change the position of `read(upTo:)`; several threads may call it at once.
  public func read(at offset: Int, upTo limit: Int) throws(Failure) -> [UInt8] {
    try read(upTo: limit) { pread(descriptor, $0, limit, offset) }
  }

  private func read(
    upTo limit: Int, _ call: (UnsafeMutablePointer<UInt8>?) -> Int
  ) throws(Failure) -> [UInt8] {
    var failure: Failure?
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      do throws(Failure) {
        count = try Self.check("cannot read") { call(buffer.baseAddress) }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Reads all remaining bytes.
  public func readToEnd() throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let more = try read(upTo: 1 << 20)
      if more.isEmpty { return bytes }
      bytes += more
    }
  }

  /// Writes all of the bytes.
  public func write(_ bytes: [UInt8]) throws(Failure) {
    var written = 0
    while written < bytes.count {
      written += try Self.check("cannot write") {
        bytes.withUnsafeBytes {
          Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written)
        }
      }
    }
  }

  /// Waits until everything written is on disk.
  public func synchronize() throws(Failure) {
    try Self.check("cannot write") { Int(fsync(descriptor)) }
  }

  deinit { close(descriptor) }

  /// Runs a system call, retries it if a signal interrupts it, and throws if it fails.
  @discardableResult
  private static func check(_ problem: String, _ call: () -> Int) throws(Failure) -> Int {
    while true {
      let result = call()
      if result >= 0 { return result }
      if errno != EINTR { throw Failure(problem: problem, code: errno) }
    }
  }
}
