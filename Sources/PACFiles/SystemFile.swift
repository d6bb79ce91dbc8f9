import Glibc

/// Owns one open file descriptor: the few calls that logs and checksums need, each status checked.
public final class SystemFile: Sendable {
  /// What a file is opened for.
  public enum Mode: Sendable {
    /// Reading from the beginning.
    case reading
    /// Writing behind what is there.
    case appending
  }

  /// A call that failed, in words such as `cannot write (No space left on device)`.
  public struct Failure: Error, CustomStringConvertible {
    /// What could not be done.
    public let problem: String
    /// The system's number of the reason.
    public let code: Int32

    /// What could not be done, and the system's reason.
    public var description: String { "\(problem) (\(String(cString: strerror(code))))" }
  }

  private let descriptor: Int32

  /// Opens an existing file.
  public init(_ path: String, for mode: Mode) throws(Failure) {
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

  /// The next bytes, at most `limit`; none at the end.
  public func read(upTo limit: Int) throws(Failure) -> [UInt8] {
    try read(upTo: limit) { Glibc.read(descriptor, $0, limit) }
  }

  /// The bytes from `offset` on, at most `limit`; none at the end.
  ///
  /// Does not change where `read(upTo:)` goes on; several threads may call it at once.
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

  /// All bytes from here to the end.
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

  /// Waits until everything written has reached the disk.
  public func synchronize() throws(Failure) {
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
